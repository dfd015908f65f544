import { chmod, copyFile, mkdir, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Our providers, as the engine looks for them: by package name and version. */
const providers = [
  { name: "command", version: "1.2.1", main: "command/main.ts" },
  { name: "roost", version: "0.1.0", main: "roost/main.ts" },
  { name: "noop", version: "0.1.0", main: "noop/main.ts" },
] as const;

const launcher = fileURLToPath(new URL("./launcher.sh", import.meta.url));

/**
 * Puts the nodejs language host, and the one that runs dynamic providers, beside a CLI, where the engine finds
 * them without a warning. Official ones that are already there stay.
 * @param folder the folder of the CLI's executable
 * @returns paths of what was installed
 */
export async function installPlugins(folder: string): Promise<string[]> {
  return [
    ...(await placeLauncher(join(folder, "pulumi-language-nodejs"), "language-nodejs/main.ts")),
    ...(await placeLauncher(join(folder, "pulumi-resource-pulumi-nodejs"), "apart/main.ts", "-")),
  ];
}

/**
 * Makes an executable that runs a plugin with the rights of what users supply, for a plugin that can be told to
 * start programs of theirs.
 * @param path where the executable is placed
 */
export async function installApart(path: string, plugin: string): Promise<void> {
  await placeLauncher(path, "apart/main.ts", plugin);
}

/**
 * Installs our providers for `pulumi up` by hand into the plugin folder of a PULUMI_HOME.
 * An official plugin of the same name and version that is already there stays.
 * @returns paths of what was installed
 */
export async function installProviders(pulumiHome: string): Promise<string[]> {
  const placed = providers.map(async ({ name, version, main }) => {
    const folder = join(pulumiHome, "plugins", `resource-${name}-v${version}`);
    await mkdir(folder, { recursive: true });
    return placeLauncher(join(folder, `pulumi-resource-${name}`), main);
  });
  return (await Promise.all(placed)).flat();
}

/**
 * Makes an executable that serves a policy pack, for `--policy-pack` and the Automation API's `policyPacks`.
 * It needs no language host, and its pack knows project, stack and configuration.
 * @param path where the executable is placed
 * @param pack folder of the pack: a package.json with name and version, and its entry file
 */
export async function installPolicyPack(path: string, pack: string): Promise<void> {
  await placeLauncher(path, "policy-launcher/main.ts", resolve(pack));
}

/** A launcher of ours is told from an official plugin by the file that names its target. */
async function placeLauncher(path: string, main: string, ...args: string[]): Promise<string[]> {
  const target = `${path}.target`;
  if ((await exists(path)) && !(await exists(target))) return [];
  const program = fileURLToPath(new URL(main, import.meta.url));
  await writeFile(target, [process.execPath, program, ...args, ""].join("\n"));
  await copyFile(launcher, path);
  await chmod(path, 0o755);
  return [path];
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { beside: { type: "string" }, home: { type: "string" } } });
  const home = values.home ?? process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  const hosts = values.beside === undefined ? [] : await installPlugins(resolve(values.beside));
  for (const path of [...hosts, ...(await installProviders(resolve(home)))]) console.log(`installed ${path}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
