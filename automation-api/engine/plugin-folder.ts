import { existsSync } from "node:fs";
import { mkdir, readdir, symlink } from "node:fs/promises";
import path from "node:path";
import { installApart } from "../../plugins/index.ts";

/**
 * Makes official plugins found by an engine. Some start programs that a user
 * names (to log in at a cluster, for instance), so where the engine has a user
 * of its own they are started as what they would start, and not beside its token.
 * @param apart whether the engine has a user of its own
 */
export async function linkPlugins(from: string, to: string, apart: boolean): Promise<void> {
  if (!apart) return ignoreExisting(symlink(from, to));
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    const [, plugin] = /^resource-(.+)-v\d/.exec(name) ?? [];
    const executable = `pulumi-resource-${plugin}`;
    if (!plugin || !existsSync(path.join(from, name, executable))) continue;
    await mkdir(path.join(to, name), { recursive: true });
    await installApart(path.join(to, name, executable), path.join(from, name, executable));
  }
}

async function ignoreExisting(made: Promise<void>): Promise<void> {
  await made.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}
