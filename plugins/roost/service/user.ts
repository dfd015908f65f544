import { createHash } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { reserve } from "./reservation.ts";

/** Far from people, packages, containers and what systemd gives out. */
const firstUid = 1_950_000_000;
const uidCount = 10_000_000;
const attempts = 50;

/**
 * The user number of a service where this process is a superuser who can start a child as another user.
 * Asking again gives the same one. Undefined: the service runs as this process's own user.
 */
export function reserveUser(dataFolder: string, id: string): number | undefined {
  if (process.getuid?.() !== 0 || !canSwitchUser()) return undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const digest = createHash("sha256").update(`${dataFolder}\0${id}\0${attempt}`).digest();
    const uid = firstUid + (digest.readUInt32BE(0) % uidCount);
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

function canSwitchUser(): boolean {
  if (process.platform !== "linux") return false;
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, "setpriv"), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
