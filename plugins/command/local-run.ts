import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import { askedEnvironment, baseEnvironment } from "../process/environment.ts";
import { launch } from "../process/launch.ts";
import type { Context } from "../provider/index.ts";
import type { CommandConfig } from "./config.ts";
import type { LocalInputs, Output } from "./inputs.ts";
import { OutputLog } from "./output-log.ts";
import { previousVariables } from "./previous-output.ts";

const shell = process.platform === "win32" ? ["cmd", "/C"] : ["/bin/sh", "-c"];

/** The folder that a command runs in and that its globs refer to. */
export function commandFolder(context: Context, inputs: LocalInputs): string {
  return resolve(context.directory, inputs.dir ?? ".");
}

/** Runs one command on this machine to its end; a code other than 0 is an error that shows what it printed. */
export async function runLocal(
  context: Context,
  command: string,
  inputs: LocalInputs,
  previous: Partial<Output>,
): Promise<Output> {
  const { environment: asked } = context.config as CommandConfig;
  const interpreter = inputs.interpreter?.length ? inputs.interpreter : shell;
  const log = new OutputLog(context, inputs.logging);
  const child = launch(
    {
      command: [...interpreter, command],
      cwd: commandFolder(context, inputs),
      env: baseEnvironment({
        ...askedEnvironment(asked),
        ...inputs.environment,
        ...previousVariables(context, inputs, previous),
      }),
      stdin: inputs.stdin,
      as: "program",
    },
    AbortSignal.any([context.signal, log.full]),
  );
  log.follow("stdout", child.stdout);
  log.follow("stderr", child.stderr);
  const ended = Promise.allSettled([finished(child.stdout), finished(child.stderr)]);
  const { code, signal } = await child.exited;
  // Also waits for what it left running in the background with the same output, as a shell pipeline would.
  await ended;
  const { stdout, stderr, both } = log.finish();
  log.throwIfFull(command);
  if (code === 0) return { stdout, stderr };
  context.signal.throwIfAborted();
  throw new Error(`${signal ? `ended by ${signal}` : `exit status ${code}`}: running "${command}":\n${both}`);
}
