import { readFile } from "node:fs/promises";
import { join } from "node:path";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import type { Children } from "./children.ts";
import { readOptions } from "./options.ts";
import { programEnvironment } from "./program-environment.ts";

interface Lock {
  packages?: Record<string, { version?: string }>;
}

/** Installs a program's packages with its package manager, passing on what that prints. */
export async function installDependencies(
  request: messages.InstallDependenciesRequest,
  children: Children,
  send: (message: messages.InstallDependenciesResponse) => void,
): Promise<void> {
  const folder = request.getInfo()?.getProgramDirectory() || request.getDirectory();
  const { packageManager, environment } = readOptions(request.getInfo());
  const asked = `npm_config_* ${environment ?? ""}`;
  const production = request.getIsPlugin() ? ["--omit=dev"] : [];
  const { code } = await children.run(
    {
      command: [packageManager, "install", ...(packageManager === "npm" ? production : [])],
      cwd: folder,
      env: programEnvironment({}, asked),
    },
    {
      stdout: (chunk) => send(new messages.InstallDependenciesResponse().setStdout(chunk)),
      stderr: (chunk) => send(new messages.InstallDependenciesResponse().setStderr(chunk)),
    },
  );
  if (code !== 0) throw new Error(`${packageManager} install in ${folder} failed with code ${code}`);
}

/** What is installed for a program: its direct dependencies, or all of them. */
export async function programDependencies(
  folder: string,
  transitive: boolean,
): Promise<messages.DependencyInfo[]> {
  const lock = await readJson<Lock>(join(folder, "node_modules", ".package-lock.json"));
  const manifest = await readJson<Record<string, Record<string, string> | undefined>>(
    join(folder, "package.json"),
  );
  const direct = { ...manifest?.dependencies, ...manifest?.devDependencies };
  const installed = Object.entries(lock?.packages ?? {}).map(([path, { version }]) => ({
    name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
    version: version ?? "",
  }));
  const all = transitive
    ? installed
    : Object.entries(direct).map(
        ([name, range]) => installed.find((each) => each.name === name) ?? { name, version: range },
      );
  return all.map(({ name, version }) => new messages.DependencyInfo().setName(name).setVersion(version));
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as T;
  } catch {
    // Asked for information only: what is not there or not readable has no dependencies to tell of.
    return undefined;
  }
}
