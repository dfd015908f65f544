import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { RoostError } from "../errors.ts";

const run = promisify(execFile);

/** Under which user PostgreSQL runs; `undefined`: our own. PostgreSQL refuses to run as root. */
export interface PostgresUser {
  uid: number;
  gid: number;
}

/**
 * As root the system user `postgres`, made when it is missing.
 * @param say told about the one thing that is changed outside our folders.
 */
export async function postgresUser(say: (line: string) => void): Promise<PostgresUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await lookUp();
  if (found) return found;
  say("PostgreSQL does not run as root: making the system user `postgres` for it.");
  await run("useradd", [
    "--system",
    "--user-group",
    "--no-create-home",
    "--shell",
    "/usr/sbin/nologin",
    "postgres",
  ]).catch((cause) => {
    throw new RoostError(
      "unavailable",
      "The system user `postgres` is missing and could not be made with useradd. Make it, run Roost as an ordinary user, or give DATABASE_URL.",
      { cause },
    );
  });
  const made = await lookUp();
  if (!made) throw new RoostError("unavailable", "The system user `postgres` was made but cannot be found.");
  return made;
}

async function lookUp(): Promise<PostgresUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", "postgres"]), run("id", ["-g", "postgres"])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** Whether a user who owns nothing there can walk to `folder`: every folder above lets others pass. */
export async function isReachableByOthers(folder: string): Promise<boolean> {
  for (let current = path.resolve(folder); ; current = path.dirname(current)) {
    const exists = await access(current, constants.F_OK).then(
      () => true,
      () => false,
    );
    if (exists && ((await stat(current)).mode & 0o001) === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}
