import { execFile } from "node:child_process";
import { chown, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { isReachableByOthers } from "../db/postgres-user.ts";

const run = promisify(execFile);

/**
 * First of the user ids for runners: above what container tools hand out
 * (524288 to 1879048191, https://systemd.io/UIDS-GIDS/) and below 2^31.
 */
const firstUserId = 1_900_000_000;
const userIds = 100_000;

/** How runners are kept from the server and from each other on this machine. */
export type Isolation =
  | { kind: "separate-users"; homes: string }
  /** One trust domain: what a program may read, the server may read. `why` says what is missing. */
  | { kind: "shared"; homes: string; why: string };

/**
 * As root each runner gets a user of its own, when it can reach program and
 * engine; else all share the server's user.
 */
export async function planIsolation(options: {
  dataFolder: string;
  projectFolder: string;
  enginePath: string;
}): Promise<Isolation> {
  const homes = path.join(options.dataFolder, "runners");
  if (process.getuid?.() !== 0) return { kind: "shared", homes, why: "the server does not run as root" };
  if (process.platform !== "linux") return { kind: "shared", homes, why: "this system has no setpriv" };
  const found = await run("setpriv", ["--version"]).catch(() => undefined);
  if (!found) return { kind: "shared", homes, why: "the command setpriv (util-linux) is missing" };
  for (const needed of [options.projectFolder, options.enginePath, process.execPath, options.dataFolder]) {
    if (!(await isReachableByOthers(path.dirname(needed)))) {
      return { kind: "shared", homes, why: `other users cannot reach ${needed}` };
    }
  }
  return { kind: "separate-users", homes };
}

/** User and group id of a slot; slots come from a database sequence, so none is used twice at once. */
export function userOfSlot(slot: number): number {
  return firstUserId + (slot % userIds);
}

/** Makes the private folder of a runner. */
export async function makeHome(isolation: Isolation, slot: number): Promise<string> {
  await mkdir(isolation.homes, { recursive: true, mode: 0o711 });
  const home = path.join(isolation.homes, String(slot));
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { mode: 0o700 });
  if (isolation.kind === "separate-users") await chown(home, userOfSlot(slot), userOfSlot(slot));
  return home;
}

/** The command line that starts `command` as the slot's user, without a way to new privileges. */
export function asUserOfSlot(isolation: Isolation, slot: number, command: string[]): string[] {
  if (isolation.kind === "shared") return command;
  const id = String(userOfSlot(slot));
  return [
    "setpriv",
    `--reuid=${id}`,
    `--regid=${id}`,
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--",
    ...command,
  ];
}
