import { lstat, mkdir } from "node:fs/promises";
import path from "node:path";
import { baseEnvironment } from "../../plugins/process/index.ts";
import { runBounded } from "../bounded-command.ts";
import { RoostError } from "../errors.ts";

export interface InstallOptions {
  /** Empty private folder for npm's own files. */
  home: string;
  signal?: AbortSignal;
  log?: (line: string) => void;
  timeLimitMs?: number;
}

const defaultTimeLimitMs = 5 * 60_000;
const lockfiles = ["package-lock.json", "npm-shrinkwrap.json"];

/**
 * Installs a program's packages by `npm ci` when it has a lock file and no
 * packages yet. No script of any package runs, and settings in the program's
 * own .npmrc that would start programs have no effect.
 * @returns whether anything was installed.
 * @throws unprocessable with npm's own last lines.
 */
export async function installDependencies(folder: string, options: InstallOptions): Promise<boolean> {
  if (await exists(path.join(folder, "node_modules"))) return false;
  const locked = await Promise.all(lockfiles.map((name) => exists(path.join(folder, name))));
  if (!locked.includes(true)) return false;
  await mkdir(options.home, { recursive: true, mode: 0o700 });
  options.log?.("Installing the program's packages (npm ci --ignore-scripts).");
  const result = await runBounded({
    command: [
      ...["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
      ...["--loglevel=error", "--git=git", "--no-progress"],
    ],
    cwd: folder,
    env: baseEnvironment({
      HOME: options.home,
      npm_config_cache: path.join(options.home, "cache"),
      npm_config_registry: process.env.npm_config_registry,
      npm_config_userconfig: process.env.npm_config_userconfig,
    }),
    timeLimitMs: options.timeLimitMs ?? defaultTimeLimitMs,
    signal: options.signal,
    onLine: options.log,
  });
  if (result.code !== 0) {
    const lines = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-10).join("\n");
    throw new RoostError("unprocessable", `npm ci failed for the program:\n${lines}`);
  }
  return true;
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
