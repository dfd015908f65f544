import { type Command, Option } from "commander";
import { Client } from "./client.ts";
import { type ConnectionFlags, findConnection } from "./connection.ts";
import type { Context } from "./context.ts";

/** One call of `roost`: the machine around it, and what its exit code will be. */
export interface Session {
  context: Context;
  exitCode: number;
}

export interface ClientFlags extends ConnectionFlags {
  json?: boolean;
}

/** The flag of every command. */
export function withJson(command: Command): Command {
  return command.option("--json", "print one JSON document, or one JSON line for each event");
}

/** The flags of every command that speaks to a server. */
export function withServer(command: Command): Command {
  return withJson(command)
    .addOption(
      new Option(
        "--url <address>",
        "server to talk to (default: ROOST_URL, else the last login, else a server started here)",
      ),
    )
    .addOption(new Option("--plain-http", "send the token by http to another machine too").default(false));
}

export async function openClient(session: Session, flags: ClientFlags): Promise<Client> {
  return new Client(await findConnection(flags, session.context));
}

/** Prints a document as JSON, or as the text that `render` makes of it. */
export function print<T>(
  session: Session,
  flags: { json?: boolean },
  document: T,
  render: (document: T) => string,
): void {
  const { stdout } = session.context;
  stdout.write(flags.json ? `${JSON.stringify(document, null, stdout.isTTY ? 2 : 0)}\n` : render(document));
}

/** Columns of the terminal that text goes to; undefined where there is none. */
export function widthOf({ stdout }: Pick<Context, "stdout">): number | undefined {
  return stdout.isTTY ? stdout.columns || 80 : undefined;
}

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join("")}`;
}
