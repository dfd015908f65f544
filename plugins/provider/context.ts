import type { Connection } from "./connection.ts";
import type { Context } from "./provider.ts";
import { masker, secretNames, secretStrings } from "./secrets.ts";
import type { Properties } from "./values.ts";

export interface ContextSource {
  connection: Connection;
  directory: string;
  signal: AbortSignal;
  urn?: string;
  preview?: boolean;
  timeoutSeconds?: number;
  /** Everything of this operation in which secrets may be, new inputs first. */
  properties: Properties[];
}

/** Binds one operation to its connection: log lines go to that engine only, with that operation's secrets hidden. */
export function contextOf(source: ContextSource): Context {
  const { connection } = source;
  const urn = source.urn ?? "";
  const { type, name } = parseUrn(urn);
  const mask = masker([...source.properties, connection.rawConfig].flatMap(secretStrings));
  return {
    urn,
    type,
    name,
    preview: source.preview ?? false,
    signal: source.signal,
    timeoutSeconds: source.timeoutSeconds || undefined,
    directory: source.directory,
    config: connection.config,
    connection: connection.id,
    secretInputs: secretNames(source.properties[0] ?? {}),
    mask,
    log: (severity, message) => connection.log.write(urn, severity, mask(message)),
  };
}

/** `urn:pulumi:stack::project::parent$type::name`; a name may hold `::` itself. */
export function parseUrn(urn: string): { type: string; name: string } {
  const [, , types = "", ...names] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: names.join("::") };
}
