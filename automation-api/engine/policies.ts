import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LoadedPack, placeServedPack } from "../../plugins/policy-launcher/index.ts";
import type { ServeOptions } from "../../plugins/provider/index.ts";
import type { ForcedPolicies } from "../projects/contract.ts";

const folder = fileURLToPath(new URL("../../policies", import.meta.url));
let loading: Promise<LoadedPack> | undefined;

/** Has the policies of Roost in memory: most of what a pack costs is reading its code. */
export function loadPolicies(): Promise<LoadedPack> {
  loading ??= LoadedPack.load(folder);
  return loading;
}

/** Flags of the engine's operations. */
export interface PolicyFlags {
  policyPacks: string[];
  policyPackConfigs: string[];
}

/** Writes what is set for a pack where the engine reads it. @returns the file */
export async function writeSettings(
  folder: string,
  { level, settings }: Pick<ForcedPolicies, "level" | "settings">,
): Promise<string> {
  const config = path.join(folder, "settings.json");
  const all = level === null || "all" in settings ? {} : { all: level };
  await writeFile(config, JSON.stringify({ ...all, ...settings }), { mode: 0o644 });
  return config;
}

/**
 * Serves the policies to this runner's engine.
 * @param home folder of the engine
 */
export async function servePolicies(
  { level, settings }: ForcedPolicies,
  home: string,
  admit: ServeOptions["admit"],
): Promise<PolicyFlags> {
  const pack = await loadPolicies();
  const port = await pack.serve(admit ?? (() => false));
  // What the runner writes for its engine goes below PULUMI_HOME; what a user supplies cannot reach it.
  const place = path.join(home, "pulumi", "policies");
  await mkdir(place, { recursive: true });
  const executable = path.join(place, "roost");
  await placeServedPack(executable, port);
  const config = await writeSettings(place, { level, settings });
  // Whatever the umask: the engine may have a user of its own.
  await chmod(place, 0o755);
  return { policyPacks: [executable], policyPackConfigs: [config] };
}
