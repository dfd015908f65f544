import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LoadedPack, placeServedPack, type StackRecorder } from "../../plugins/policy-launcher/index.ts";
import type { ServeOptions } from "../../plugins/provider/index.ts";
import type { ForcedPolicies } from "../projects/contract.ts";
import type { RunnerSetup } from "./contract.ts";

/** Level and settings of a pack. */
type Forced = Pick<ForcedPolicies, "level" | "settings">;

/** Folder of the policies of Roost. */
export const sources = fileURLToPath(new URL("../../policies", import.meta.url));
let loading: Promise<LoadedPack> | undefined;

/** Has the policies of Roost in memory: most of what a pack costs is reading its code. */
export function loadPolicies(): Promise<LoadedPack> {
  loading ??= LoadedPack.load(sources);
  return loading;
}

/** Flags of the engine's operations. */
export interface PolicyFlags {
  policyPacks: string[];
  policyPackConfigs: string[];
}

/** Writes what is set for a pack where the engine reads it. @returns the file */
export async function writeSettings(folder: string, { level, settings }: Forced): Promise<string> {
  const config = path.join(folder, "settings.json");
  const all = level === null || "all" in settings ? {} : { all: level };
  await writeFile(config, JSON.stringify({ ...all, ...settings }), { mode: 0o644 });
  return config;
}

/** Serves the policies to this runner's engine. */
export async function servePolicies(
  forced: Forced,
  { engineHome }: Pick<RunnerSetup, "engineHome">,
  admit: ServeOptions["admit"],
): Promise<PolicyFlags> {
  return place(await loadPolicies(), forced, engineHome, admit);
}

/** Has the engine show the recorder the stack that it previews, which it does only for policies. */
export function serveRecorder(
  recorder: StackRecorder,
  engineHome: string,
  admit: ServeOptions["admit"],
): Promise<PolicyFlags> {
  return place(recorder, { level: null, settings: {} }, engineHome, admit);
}

/** A folder for what the engine reads of one pack. */
export async function openPlace(engineHome: string, name: string): Promise<string> {
  const all = path.join(engineHome, "pulumi", "policies");
  const folder = path.join(all, name);
  await mkdir(folder, { recursive: true });
  // Whatever the umask: the engine may have a user of its own.
  for (const each of [all, folder]) await chmod(each, 0o755);
  return folder;
}

async function place(
  pack: LoadedPack | StackRecorder,
  given: Forced,
  engineHome: string,
  admit: ServeOptions["admit"],
): Promise<PolicyFlags> {
  const port = await pack.serve(admit ?? (() => false));
  // What the runner writes for its engine goes below PULUMI_HOME; what a user supplies cannot reach it.
  const name = pack instanceof LoadedPack ? "roost" : "recorder";
  const folder = await openPlace(engineHome, name);
  const executable = path.join(folder, name);
  await placeServedPack(executable, port);
  const config = await writeSettings(folder, given);
  return { policyPacks: [executable], policyPackConfigs: [config] };
}
