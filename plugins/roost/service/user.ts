import { createHash } from "node:crypto";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isReachable } from "./reach.ts";
import { servicesFolder } from "./record.ts";
import { reserve } from "./reservation.ts";

/** Far from people, packages, containers and what systemd gives out. */
const firstUid = 1_950_000_000;
const uidCount = 10_000_000;
const attempts = 50;

/**
 * Why services cannot have users of their own here, although a superuser starts them. Undefined: they can, or
 * there is no superuser and nothing to say.
 */
export function reasonToShareUser(dataFolder: string): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (!canSwitchUser()) return "this system has no setpriv command";
  const folder = servicesFolder(dataFolder);
  if (isReachable(existsSync(folder) ? folder : dataFolder)) return undefined;
  return `${dataFolder} is closed to other users (ROOST_SERVICES_DIR can name another folder, such as /var/lib/roost)`;
}

/**
 * The user number of a service where this process is a superuser who can start a child as another user.
 * Asking again gives the same one. Undefined: the service runs as this process's own user.
 */
export function reserveUser(dataFolder: string, id: string): number | undefined {
  if (process.getuid?.() !== 0 || reasonToShareUser(dataFolder) !== undefined) return undefined;
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
