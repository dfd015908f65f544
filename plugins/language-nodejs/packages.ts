import { readdir, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";

interface Manifest {
  name?: string;
  version?: string;
  pulumi?: {
    resource?: boolean;
    name?: string;
    version?: string;
    server?: string;
    parameterization?: { name: string; version: string; value: string };
  };
}

/** The provider plugins that a program's installed packages need, each package and version once. */
export async function requiredPackages(programFolder: string): Promise<pluginMessages.PackageDependency[]> {
  const found = new Map<string, pluginMessages.PackageDependency>();
  await scan(join(programFolder, "node_modules"), found, new Set());
  return [...found.values()];
}

async function scan(
  folder: string,
  found: Map<string, pluginMessages.PackageDependency>,
  seen: Set<string>,
): Promise<void> {
  const real = await realpath(folder).catch(() => undefined);
  // Linked packages may lead back to where the walk came from.
  if (real === undefined || seen.has(real)) return;
  seen.add(real);
  for (const entry of await readdir(real, { withFileTypes: true })) {
    if (!(entry.isDirectory() || entry.isSymbolicLink()) || entry.name.startsWith(".")) continue;
    const path = join(real, entry.name);
    if (entry.name.startsWith("@")) {
      await scan(path, found, seen);
      continue;
    }
    const dependency = toDependency(await readManifest(path));
    if (dependency) found.set(`${dependency.getName()} ${dependency.getVersion()}`, dependency);
    await scan(join(path, "node_modules"), found, seen);
  }
}

/** Undefined for a package that has no provider plugin. */
export function toDependency(manifest: Manifest): pluginMessages.PackageDependency | undefined {
  const { pulumi } = manifest;
  if (!pulumi?.resource) return undefined;
  const dependency = new pluginMessages.PackageDependency();
  dependency.setKind("resource");
  dependency.setName(pulumi.name ?? manifest.name?.replace(/^@[^/]+\//, "") ?? "");
  const version = pulumi.version ?? manifest.version;
  if (version) dependency.setVersion(version.startsWith("v") ? version : `v${version}`);
  if (pulumi.server) dependency.setServer(pulumi.server);
  if (pulumi.parameterization) {
    const { name, version: own, value } = pulumi.parameterization;
    const parameterization = new pluginMessages.PackageParameterization();
    parameterization.setName(name).setVersion(own).setValue(value);
    dependency.setParameterization(parameterization);
  }
  return dependency;
}

async function readManifest(folder: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    // A folder without a readable manifest is no package.
    return {};
  }
}
