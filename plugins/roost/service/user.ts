import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { findProgram, foldersOf } from "../../process/find-program.ts";
import { servicesFolder } from "./place.ts";
import { isReachable } from "./reach.ts";
import { reserve } from "./reservation.ts";

/** Numbers of users, from one on. */
export interface UserRange {
  first: number;
  count: number;
}

/** Far from people, packages, containers and what systemd gives out; else what Debian keeps unused. */
const ranges: UserRange[] = [
  { first: 1_950_000_000, count: 10_000_000 },
  { first: 30_000, count: 19_000 },
];
const attempts = 50;

/**
 * Why services cannot have users of their own here, although a superuser starts them. Undefined: they can, or
 * there is no superuser and nothing to say.
 */
export function reasonToShareUser(dataFolder: string): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (!canSwitchUser()) return "this system has no setpriv command";
  if (range() === undefined) return "this container has too few user numbers";
  const folder = servicesFolder(dataFolder);
  return isReachable(folder) ? undefined : `${folder} is closed to other users`;
}

/**
 * The user number of a service where this process is a superuser who can start a child as another user.
 * Asking again gives the same one. @param given where to take it from. Default: a range far from all others.
 * Undefined: the service runs as this process's own user.
 */
export function reserveUser(
  dataFolder: string,
  id: string,
  given: UserRange | undefined = undefined,
): number | undefined {
  const uids = given ?? range();
  if (process.getuid?.() !== 0 || uids === undefined || reasonToShareUser(dataFolder)) return undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const digest = createHash("sha256").update(`${dataFolder}\0${id}\0${attempt}`).digest();
    const uid = uids.first + (digest.readUInt32BE(0) % uids.count);
    if (reserve(dataFolder, "users", String(uid), id)) return uid;
  }
  throw new Error(`no user number of ${attempts} tried is free`);
}

/** The same command under another user's number, without any privilege or a way to gain one. */
export function asUser(uid: number | undefined, command: string[]): string[] {
  if (uid === undefined) return command;
  return [
    "setpriv",
    `--reuid=${uid}`,
    `--regid=${uid}`,
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--",
    ...command,
  ];
}

/** In a container not every number exists. */
function range(): UserRange | undefined {
  if (process.platform !== "linux") return undefined;
  const rows = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
  const mapped = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number, number]);
  return ranges.find(({ first, count }) =>
    mapped.some(([inside, , length]) => inside <= first && first + count <= inside + length),
  );
}

function canSwitchUser(): boolean {
  if (process.platform !== "linux") return false;
  return findProgram("setpriv", foldersOf(process.env.PATH ?? "")) !== undefined;
}
