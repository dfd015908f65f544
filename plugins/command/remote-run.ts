import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "ssh2";
import type { Context } from "../provider/index.ts";
import { readConnection } from "./connection-inputs.ts";
import { withConnection } from "./dial.ts";
import { endCommands } from "./end-commands.ts";
import type { Output } from "./inputs.ts";
import { isHeldLogin } from "./logins.ts";
import { OutputLog } from "./output-log.ts";
import { previousVariables } from "./previous-output.ts";
import type { RemoteInputs } from "./remote-command.ts";
import { answerEnvironment } from "./remote-environment.ts";

/** For so long a host that was there is looked for again. */
const lookMilliseconds = 120_000;
const pauseMilliseconds = 1_000;

class CutOff extends Error {}

/**
 * Runs one command on a remote host to its end; a code other than 0 is an error that shows what it printed. Where the
 * platform's own script was cut off, the job that it follows goes on: it is asked for again until its end is known.
 */
export async function runRemote(
  context: Context,
  command: string,
  inputs: RemoteInputs,
  previous: Partial<Output>,
): Promise<Output> {
  const isJob = isHeldLogin(readConnection(inputs.connection).agentSocketPath);
  let cutAt: number | undefined;
  for (;;) {
    let isThere = false;
    try {
      return await runOnce(context, command, inputs, previous, () => {
        isThere = true;
      });
    } catch (cause) {
      context.signal.throwIfAborted();
      if (cause instanceof CutOff) cutAt = performance.now();
      const isLost = cause instanceof CutOff || !isThere;
      if (!isJob || !isLost || cutAt === undefined || performance.now() - cutAt > lookMilliseconds)
        throw cause;
      context.log("warning", "the connection was lost; what runs on the host is asked for again");
      await delay(pauseMilliseconds, undefined, { signal: context.signal });
    }
  }
}

function runOnce(
  context: Context,
  command: string,
  inputs: RemoteInputs,
  previous: Partial<Output>,
  onThere: () => void,
): Promise<Output> {
  return withConnection(context, inputs.connection, async (client) => {
    onThere();
    const own = inputs.environment ?? {};
    const variables = { ...previousVariables(context, inputs, previous), ...own };
    const refused: string[] = [];
    answerEnvironment(client, {
      variables,
      onRefused: (name) => {
        if (name in own) refused.push(name);
        else context.log("warning", `the server does not accept ${name} (AcceptEnv); it is left out`);
        return !(name in own);
      },
    });
    const log = new OutputLog(context, inputs.logging);
    const { code, signal } = await execute(context, client, command, {
      env: variables,
      stdin: inputs.stdin,
      log,
    }).catch((cause) => {
      if (refused.length === 0) throw cause;
      const names = refused.join(", ");
      throw new Error(
        `the server does not accept ${names}: allow it with AcceptEnv in its configuration, ` +
          "or set it in front of the command (NAME=value command)",
      );
    });
    const { stdout, stderr, both } = log.finish();
    log.throwIfFull(command);
    if (code === 0) return { stdout, stderr };
    context.signal.throwIfAborted();
    const cut = "cut off, the connection was lost";
    const how = signal ? `ended by ${signal}` : code === undefined ? cut : `exit status ${code}`;
    const error = code === undefined && signal === undefined ? CutOff : Error;
    throw new error(`${how}: running "${command}":\n${both}`);
  });
}

interface End {
  code: number | undefined;
  signal: string | undefined;
}

function execute(
  context: Context,
  client: Client,
  command: string,
  { env, stdin, log }: { env: Record<string, string>; stdin: string | undefined; log: OutputLog },
): Promise<End> {
  return new Promise((resolve, reject) => {
    client.exec(command, { env }, (error, channel) => {
      if (error) return reject(error);
      // Listened to at once: a short command's end may have come in the same packet as its start.
      let end: End = { code: undefined, signal: undefined };
      channel.on("exit", (code: number | null, signal?: string) => {
        end = { code: code ?? undefined, signal };
      });
      const ends = AbortSignal.any([context.signal, log.full]);
      const abort = (): void => endCommands(client, channel, command);
      channel.on("close", () => {
        ends.removeEventListener("abort", abort);
        resolve(end);
      });
      log.follow("stdout", channel);
      log.follow("stderr", channel.stderr);
      channel.end(stdin ?? "");
      ends.addEventListener("abort", abort, { once: true });
      if (ends.aborted) abort();
    });
  });
}
