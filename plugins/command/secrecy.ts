import { type Context, isRecord, type Properties, secret, type Value } from "../provider/index.ts";
import type { Output } from "./inputs.ts";

/**
 * What a command printed, as outputs. It may well repeat what it was given: when any input is secret, so is this.
 * A connection is always secret and does not count.
 */
export function outputProperties(context: Context, { stdout, stderr }: Output): Properties {
  const hidden = [...context.secretInputs].some((name) => name !== "connection");
  return hidden ? { stdout: secret(stdout), stderr: secret(stderr) } : { stdout, stderr };
}

/** Marks the members of a connection that log in as secrets of their own, inside the secret connection. */
export function withSecretLogin(inputs: Properties): Properties {
  const { connection } = inputs;
  if (!isRecord(connection)) return inputs;
  const proxy = isRecord(connection.proxy) ? { proxy: hideLogin(connection.proxy) } : {};
  return { ...inputs, connection: secret({ ...hideLogin(connection), ...proxy }) };
}

function hideLogin(hop: { [name: string]: Value | undefined }): { [name: string]: Value | undefined } {
  const hidden = ["password", "privateKey", "privateKeyPassword"]
    .map((name): [string, Value | undefined] => [name, hop[name]])
    .filter((entry): entry is [string, Value] => entry[1] !== undefined && entry[1] !== null);
  return { ...hop, ...Object.fromEntries(hidden.map(([name, value]) => [name, secret(value)])) };
}
