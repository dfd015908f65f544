import { lstat, mkdir, readFile, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { invalid } from "../errors.ts";
import type { PackSource } from "./contract.ts";
import { installDependencies } from "./dependencies.ts";
import { placeSource, type UnpackOptions } from "./unpack.ts";

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
const manifestBytes = 64 * 1024;

/** What the policy SDK reads of a pack's package.json, and which module system its code is of. */
const packageSchema = z.looseObject({
  name: z.string().min(1),
  version: z.string().min(1),
  type: z.string().optional(),
});
const policySchema = z.looseObject({
  runtime: z.union([
    z.literal("nodejs"),
    z.looseObject({
      name: z.literal("nodejs"),
      options: z.looseObject({ typescript: z.boolean().optional() }).optional(),
    }),
  ]),
});

/** A policy pack of a user, unpacked. */
export interface UnpackedPack {
  folder: string;
  /** By what its code is loaded: see the policy launcher. */
  loader: "node" | "sdk" | "sdk-typescript";
}

/**
 * Puts a policy pack below `into`, a private and empty folder, ready to be served. Runs with the rights of packs.
 * A pack that brings neither packages nor a lock file finds those of this server: @pulumi, zod, and `roost`.
 * @throws invalid when it is no pack, unprocessable when its packages cannot be installed.
 */
export async function unpackPack(
  source: PackSource,
  into: string,
  options: UnpackOptions = {},
): Promise<UnpackedPack> {
  const root = path.join(into, "pack");
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folder = await placeSource(source, root, options.signal);
  const loader = await loaderOf(folder);
  await installDependencies(folder, { ...options, home: path.join(into, "npm") });
  if (!(await exists(path.join(folder, "node_modules"))))
    await lendPackages(path.join(folder, "node_modules"));
  return { folder, loader };
}

/** Modules are loaded by Node alone, the rest as Pulumi's own host would. */
async function loaderOf(folder: string): Promise<UnpackedPack["loader"]> {
  const text = await readSmall(path.join(folder, "package.json"));
  if (text === undefined) throw invalid("pack", "has no package.json in its folder");
  const manifest = packageSchema.safeParse(readJson(text));
  if (!manifest.success) throw invalid("package.json", "needs name and version, which name the policy pack");
  const policy = await readSmall(path.join(folder, "PulumiPolicy.yaml"));
  if (policy === undefined) return manifest.data.type === "module" ? "node" : "sdk-typescript";
  const parsed = policySchema.safeParse(parse(policy, { maxAliasCount: 10, logLevel: "error" }));
  if (!parsed.success) throw invalid("PulumiPolicy.yaml", "has another runtime than nodejs");
  if (manifest.data.type === "module") return "node";
  const { runtime } = parsed.data;
  const isTyped = runtime === "nodejs" || (runtime.options?.typescript ?? true);
  return isTyped ? "sdk-typescript" : "sdk";
}

/** Links to what this server itself runs on. */
async function lendPackages(into: string): Promise<void> {
  await mkdir(into);
  await symlink(projectFolder, path.join(into, "roost"));
  for (const name of ["@pulumi", "zod"]) {
    await symlink(path.join(projectFolder, "node_modules", name), path.join(into, name));
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("package.json", "is no JSON");
  }
}

async function readSmall(file: string): Promise<string | undefined> {
  const found = await lstat(file).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  if (found.size > manifestBytes) throw invalid(path.basename(file), `is larger than ${manifestBytes} bytes`);
  return readFile(file, "utf8");
}

async function exists(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => undefined)) !== undefined;
}
