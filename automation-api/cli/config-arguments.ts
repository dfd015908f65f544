import { RoostError } from "../errors.ts";
import { parseSecretSource, type SecretSource } from "./secret-source.ts";

/** Splits `key=value`; the value may hold `=` and be empty. */
function split(text: string, option: string, expected: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new RoostError("invalid", `${option}: expected ${expected}.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** For an option that may be given again: what came so far, and the next. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** For an option of `name=value` that may be given again: the pairs so far, and the next. */
export function assignments<T>(option: string, read: (text: string) => T) {
  return (text: string, before: [string, T][] = []): [string, T][] => {
    const [name, value] = split(text, option, "name=value");
    return [...before, [name, read(value)]];
  };
}

/** As `assignments` reads them. */
export function assignmentsText(pairs: Record<string, string>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

export interface ConfigFlags {
  config?: string[];
  configJson?: string[];
  unset?: string[];
}

/** Plain configuration of the flags; null removes a key. @throws invalid when a key is named twice. */
export function parseConfig({
  config = [],
  configJson = [],
  unset = [],
}: ConfigFlags): Record<string, unknown> {
  const pairs: [string, unknown][] = [
    ...config.map((text) => split(text, "--config", "key=value")),
    ...configJson.map((text): [string, unknown] => {
      const [key, json] = split(text, "--config-json", "key=JSON");
      return [key, parseJson(key, json)];
    }),
    ...unset.map((key): [string, unknown] => [key, null]),
  ];
  const values: Record<string, unknown> = Object.create(null);
  for (const [key, value] of pairs) {
    if (key in values) throw new RoostError("invalid", `The configuration key ${key} is given twice.`);
    values[key] = value;
  }
  return { ...values };
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RoostError("invalid", `--config-json: the value of ${key} is not JSON.`);
  }
}

/** `key`, which is asked for, or `key=env:NAME`, `key=file:PATH`, `key=-`. */
export function parseSecrets(secrets: string[] = []): { key: string; source: SecretSource }[] {
  return secrets.map((text) => {
    const at = text.indexOf("=");
    if (at < 0) return { key: text, source: { kind: "ask" } };
    const key = text.slice(0, at);
    return { key, source: parseSecretSource(text.slice(at + 1), `--secret ${key}`) };
  });
}
