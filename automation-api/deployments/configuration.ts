import type { z } from "zod";
import type { Fault } from "../errors.ts";

/** A change of one key, as the deployment's row keeps it; it joins the stored configuration at start. */
export type ConfigChange =
  | { value: string; object?: boolean }
  | { ciphertext: string; object?: boolean }
  | null;
export type ConfigPatch = Record<string, ConfigChange>;

/** A stored value, in the form of the Pulumi protocol. */
export type StoredConfig = Record<string, { string: string; secret?: boolean; object?: boolean }>;

type Values = Record<string, z.core.util.JSONType>;

/** What a request asks for, keyed by full key; secrets still in clear. */
export interface AskedConfig {
  plain: Record<string, { value: string; object?: boolean } | null>;
  secret: Record<string, string | null>;
  faults: Fault[];
}

/** A key without a namespace belongs to the project. */
export function fullKey(project: string, key: string): string {
  return key.includes(":") ? key : `${project}:${key}`;
}

/**
 * Reads `config` and `secrets` of a request. Numbers and booleans become
 * their text, as in Pulumi's own files; lists and objects stay structured. A
 * secret that is no string is kept as JSON text, which programs read with `requireSecretObject`.
 */
export function readConfig(project: string, config: Values = {}, secrets: Values = {}): AskedConfig {
  const asked: AskedConfig = { plain: {}, secret: {}, faults: [] };
  const seen = new Map<string, string>();
  const add = (field: string, key: string, set: (full: string) => void) => {
    const full = fullKey(project, key);
    const other = seen.get(full);
    if (other !== undefined) asked.faults.push({ field, message: `is the same key as ${other}` });
    seen.set(full, field);
    set(full);
  };
  for (const [key, value] of Object.entries(config)) {
    const field = `config.${key}`;
    if (holdsSecureMark(value))
      asked.faults.push({
        field,
        message: 'has an object with the one field "secure", which Pulumi takes for ciphertext',
      });
    add(field, key, (full) => {
      asked.plain[full] = value === null ? null : plainValue(value);
    });
  }
  for (const [key, value] of Object.entries(secrets)) {
    add(`secrets.${key}`, key, (full) => {
      asked.secret[full] = value === null ? null : typeof value === "string" ? value : JSON.stringify(value);
    });
  }
  return asked;
}

/** The patch of a request, its secrets encrypted. */
export function toPatch(asked: AskedConfig, encrypt: (plaintext: string) => string): ConfigPatch {
  const secrets = Object.entries(asked.secret).map(([key, value]) => [
    key,
    value === null ? null : { ciphertext: encrypt(value) },
  ]);
  return { ...asked.plain, ...Object.fromEntries(secrets) };
}

/** Marks a value of which only the ciphertext is known here. */
const hidden = Symbol("secret");
/** Values as a program will see them. */
export type EffectiveConfig = Record<string, string | { json: string } | typeof hidden>;

/** What the stack's configuration will be when a deployment starts: stored, then each queued patch, then its own. */
export function effectiveConfig(
  stored: StoredConfig,
  queued: ConfigPatch[],
  own: AskedConfig,
): EffectiveConfig {
  const config: EffectiveConfig = {};
  for (const [key, { string, secret, object }] of Object.entries(stored)) {
    config[key] = secret ? hidden : object ? { json: string } : string;
  }
  const lay = (patch: ConfigPatch) => {
    for (const [key, change] of Object.entries(patch)) {
      if (change === null) delete config[key];
      else if ("ciphertext" in change) config[key] = hidden;
      else config[key] = change.object ? { json: change.value } : change.value;
    }
  };
  for (const patch of queued) lay(patch);
  lay(own.plain);
  for (const [key, value] of Object.entries(own.secret)) {
    if (value === null) delete config[key];
    else config[key] = value;
  }
  return config;
}

/** What the built-in programs say of a configuration: values by key without namespace, numbers as text. */
export type CheckBuiltinConfig = (
  program: string,
  values: Record<string, unknown>,
  secretKeys: Iterable<string>,
) => { config: unknown } | { faults: { field: string; reason: string }[] };

/**
 * Checks the project's own keys for a built-in program: every fault at once,
 * named by the field that a client sent. A secret of an earlier deployment is
 * not decrypted for this: it counts as sound.
 */
export function configFaults(
  check: CheckBuiltinConfig,
  program: string,
  project: string,
  config: EffectiveConfig,
  own: AskedConfig,
): Fault[] {
  const start = `${project}:`;
  const values = Object.entries(config).flatMap(([key, value]): [string, EffectiveConfig[string]][] =>
    key.startsWith(start) ? [[key.slice(start.length), value]] : [],
  );
  const isOwnSecret = (key: string) => Object.hasOwn(own.secret, start + key);
  const hiddenKeys = new Set(values.flatMap(([key, value]) => (value === hidden ? [key] : [])));
  const secretKeys = values.flatMap(([key, value]) => (value === hidden || isOwnSecret(key) ? [key] : []));
  const input = Object.fromEntries(values.map(([key, value]) => [key, programValue(value)]));
  const checked = check(program, input, secretKeys);
  if (!("faults" in checked)) return [];
  return checked.faults.flatMap(({ field, reason }) => {
    const key = field.split(".")[0] ?? "";
    if (hiddenKeys.has(key)) return [];
    return [{ field: `${isOwnSecret(key) ? "secrets" : "config"}.${field}`, message: reason }];
  });
}

function plainValue(value: Exclude<z.core.util.JSONType, null>): { value: string; object?: boolean } {
  if (typeof value === "string") return { value };
  return typeof value === "object"
    ? { value: JSON.stringify(value), object: true }
    : { value: String(value) };
}

function programValue(value: EffectiveConfig[string]): unknown {
  if (value === hidden) return "";
  return typeof value === "object" ? JSON.parse(value.json) : value;
}

function holdsSecureMark(value: z.core.util.JSONType): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsSecureMark);
  const keys = Object.keys(value);
  return (keys.length === 1 && keys[0] === "secure") || Object.values(value).some(holdsSecureMark);
}
