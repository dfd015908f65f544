import { Connection } from "../../../plugins/provider/connection.ts";
import { contextOf } from "../../../plugins/provider/context.ts";
import type { Context, Properties, Severity } from "../../../plugins/provider/index.ts";
import { plain } from "../../../plugins/provider/secrets.ts";

export interface Lab {
  context: Context;
  /** Inputs as a handler gets them. */
  inputs: Properties;
  /** What was logged, `severity: text`. */
  log: string[];
  cancel(): void;
}

/**
 * What a handler is called with, without an engine: its context, and inputs with secrets unwrapped.
 * @param inputs as `check` left them
 */
export function labOf(inputs: Properties): Lab {
  const connection = new Connection("test", true);
  connection.config = { environment: "" };
  const controller = new AbortController();
  const made = contextOf({
    connection,
    directory: process.cwd(),
    signal: controller.signal,
    urn: "urn:pulumi:dev::example::command:remote:Command::it",
    properties: [inputs],
  });
  const log: string[] = [];
  const note = (severity: Severity, text: string): void => void log.push(`${severity}: ${made.mask(text)}`);
  return {
    context: { ...made, log: note },
    inputs: plain(inputs),
    log,
    cancel: () => controller.abort(new Error("cancelled")),
  };
}
