import type { Client, ClientChannel } from "ssh2";
import type { Context } from "../provider/index.ts";
import { withConnection } from "./dial.ts";
import type { Output } from "./inputs.ts";
import { OutputLog } from "./output-log.ts";
import { previousVariables } from "./previous-output.ts";
import type { RemoteInputs } from "./remote-command.ts";
import { answerEnvironment } from "./remote-environment.ts";

/** Time between the two signals that a cancelled remote command gets. */
const graceMilliseconds = 300;

/** Runs one command on a remote host to its end; a code other than 0 is an error that shows what it printed. */
export function runRemote(
  context: Context,
  command: string,
  inputs: RemoteInputs,
  previous: Partial<Output>,
): Promise<Output> {
  return withConnection(context, inputs.connection, async (client) => {
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
    const channel = await execute(client, command, variables).catch((cause) => {
      if (refused.length === 0) throw cause;
      const names = refused.join(", ");
      throw new Error(
        `the server does not accept ${names}: allow it with AcceptEnv in its configuration, ` +
          "or set it in front of the command (NAME=value command)",
      );
    });
    const log = new OutputLog(context, inputs.logging);
    const { code, signal } = await finish(context, channel, log, inputs.stdin);
    const { stdout, stderr, both } = log.finish();
    if (code === 0) return { stdout, stderr };
    context.signal.throwIfAborted();
    const how = signal ? `ended by ${signal}` : code === undefined ? "cut off" : `exit status ${code}`;
    throw new Error(`${how}: running "${command}":\n${both}`);
  });
}

function execute(client: Client, command: string, env: Record<string, string>): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, { env }, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

function finish(
  context: Context,
  channel: ClientChannel,
  log: OutputLog,
  stdin: string | undefined,
): Promise<{ code: number | undefined; signal: string | undefined }> {
  return new Promise((resolve) => {
    let end: { code: number | undefined; signal: string | undefined } = {
      code: undefined,
      signal: undefined,
    };
    const abort = (): void => {
      channel.signal("INT");
      setTimeout(() => {
        channel.signal("KILL");
        channel.close();
      }, graceMilliseconds);
    };
    context.signal.addEventListener("abort", abort, { once: true });
    channel.on("exit", (code: number | null, signal?: string) => {
      end = { code: code ?? undefined, signal };
    });
    channel.on("close", () => {
      context.signal.removeEventListener("abort", abort);
      resolve(end);
    });
    log.follow("stdout", channel);
    log.follow("stderr", channel.stderr);
    channel.end(stdin ?? "");
    if (context.signal.aborted) abort();
  });
}
