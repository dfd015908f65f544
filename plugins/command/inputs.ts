import { isRecord, type Properties, type Value } from "../provider/index.ts";
import type { Fields } from "./fields.ts";

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** What local and remote commands share. Absent properties are undefined. */
export type CommandInputs = {
  create?: string;
  update?: string;
  delete?: string;
  stdin?: string;
  logging?: Logging;
  environment?: Record<string, string>;
  addPreviousOutputInEnv?: boolean;
};

export type LocalInputs = CommandInputs & {
  interpreter?: string[];
  dir?: string;
  assetPaths?: string[];
  archivePaths?: string[];
};

export type Output = { stdout: string; stderr: string };

const shared: Fields = {
  create: "text",
  update: "text",
  delete: "text",
  triggers: "list",
  stdin: "text",
  logging: "text",
  environment: "textMap",
  addPreviousOutputInEnv: "boolean",
};

export const localFields: Fields = {
  ...shared,
  interpreter: "texts",
  dir: "text",
  assetPaths: "texts",
  archivePaths: "texts",
};

const { create: _create, update: _update, delete: _delete, triggers: _triggers, ...runnable } = localFields;
export const runFields: Fields = { ...runnable, "command!": "text" };

const hop: Fields = {
  "host!": "text",
  user: "text",
  port: "number",
  hostKey: "text",
  password: "text",
  privateKey: "text",
  privateKeyPassword: "text",
  agentSocketPath: "text",
  dialErrorLimit: "number",
  perDialTimeout: "number",
};
const connection: Fields = { ...hop, proxy: hop };

export const remoteFields: Fields = { ...shared, "connection!": connection };

export const copyFileFields: Fields = {
  "connection!": connection,
  "localPath!": "text",
  "remotePath!": "text",
  triggers: "list",
};

export const copyToRemoteFields: Fields = {
  "connection!": connection,
  "source!": "source",
  "remotePath!": "text",
  triggers: "list",
};

/** Drops nulls, so that optional properties of checked inputs read as undefined. */
export function present<T>(inputs: Properties): T {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== null)) as T;
}

/** The text that the last run printed, as far as the state holds it. */
export function previousOutput(state: Properties): Partial<Output> {
  const text = (value: Value | undefined): string | undefined =>
    typeof value === "string" ? value : undefined;
  return { stdout: text(state.stdout), stderr: text(state.stderr) };
}

export function recordOf(value: Value | undefined): { [name: string]: Value | undefined } {
  return isRecord(value) ? value : {};
}
