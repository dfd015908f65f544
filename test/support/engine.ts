import { spawn } from "node:child_process";
import { copyFile, link, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPlugins } from "../../plugins/install.ts";
import { findEngine } from "../../toolchain/found.mjs";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";

/** Root of this clone. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));
/** The Node that runs our TypeScript. */
export const nodePath = process.execPath;

/** Absolute path of the pulumi CLI; throws with what to do when there is none. */
export function enginePath(): string {
  const engine = findEngine();
  if (!engine.found) throw new Error([engine.reason, ...engine.next].join("\n"));
  return engine.path;
}

/** Undefined when the engine is there; else why the suite is skipped. In CI its absence throws. */
export function reasonWithoutEngine(): string | undefined {
  return reasonToSkip("engine");
}

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Both, in the order in which they came. */
  output: string;
}

export interface Started {
  pid: number;
  done: Promise<Run>;
  /** All printed so far. */
  output(): string;
  /** Resolves when a text was printed; rejects when the command ended without it. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Kills its process group if it still runs. */
  end(): void;
}

export interface Project {
  /** The project's folder, with Pulumi.yaml. */
  folder: string;
  /** What belongs to this test alone: the engine, PULUMI_HOME, state, and room for more. */
  root: string;
  home: string;
  env: Record<string, string>;
  /** Runs the CLI to its end, in the project's folder. */
  pulumi(args: string[], env?: Record<string, string>): Promise<Run>;
  /** Starts the CLI in a process group of its own. */
  start(args: string[], env?: Record<string, string>): Started;
  /** The exported deployment of the selected stack. */
  exported(): Promise<{ deployment: { resources?: Array<Record<string, unknown>> } }>;
}

export interface ProjectOptions {
  /** Files below the project's folder, by relative path. A `Pulumi.yaml` of a Node program is added when missing. */
  files: Record<string, string>;
  /** Laid over the private environment. */
  env?: Record<string, string>;
  /** Default: "dev", created with the project. */
  stack?: string;
}

/**
 * Makes a project that shares nothing with other tests or the user: private PULUMI_HOME, file backend,
 * passphrase secrets, and our language host beside a link to the CLI. Removes it all afterwards.
 */
export async function withProject<T>(
  options: ProjectOptions,
  body: (project: Project) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "engine-test-"));
  const started: Started[] = [];
  try {
    const project = await makeProject(root, options, started);
    await expectSuccess(project.pulumi(["stack", "init", options.stack ?? "dev"]));
    return await body(project);
  } finally {
    // Nothing is left of a test that failed half-way.
    for (const each of started) each.end();
    await Promise.allSettled(started.map(({ done }) => done));
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function makeProject(root: string, options: ProjectOptions, started: Started[]): Promise<Project> {
  const [bin, home, state, folder] = ["bin", "home", "state", "project"].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [bin, home, state, folder]) await mkdir(path);
  const cli = join(bin, "pulumi");
  await link(enginePath(), cli).catch(() => copyFile(enginePath(), cli));
  await installPlugins(bin);
  const files: Record<string, string> = {
    "Pulumi.yaml": "name: example\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
    ...options.files,
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  // Programs of tests use the packages of this clone.
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    ...options.env,
  };
  const start = (args: string[], extra: Record<string, string> = {}): Started => {
    const command = [cli, "--non-interactive", ...args];
    const run = startProgram(command, { cwd: folder, env: { ...env, ...extra } });
    started.push(run);
    return run;
  };
  const pulumi = (args: string[], extra?: Record<string, string>): Promise<Run> => start(args, extra).done;
  return {
    folder,
    root,
    home,
    env,
    start,
    pulumi,
    exported: async () => JSON.parse((await expectSuccess(pulumi(["stack", "export"]))).stdout),
  };
}

/** Starts any program in a process group of its own and collects what it prints. */
export function startProgram(
  command: string[],
  options: { cwd: string; env: Record<string, string> },
): Started {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "", output: "" };
  const listeners = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
      text.output += chunk;
      for (const listener of listeners) listener();
    });
  }
  const done = new Promise<Run>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...text }));
  });
  const printed = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!text.output.includes(wanted)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      done.then(() => reject(new Error(`ended without printing ${wanted}:\n${text.output}`)), reject);
    });
  return {
    pid: child.pid ?? 0,
    done,
    output: () => text.output,
    printed,
    kill: (signal) => child.kill(signal),
    end: () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, "SIGKILL");
      }
    },
  };
}

/** Resolves with the run; throws with all it printed when its exit code is another than 0. */
export async function expectSuccess(run: Promise<Run>): Promise<Run> {
  const result = await run;
  if (result.code !== 0) throw new Error(`exit code ${result.code} ${result.signal ?? ""}\n${result.output}`);
  return result;
}
