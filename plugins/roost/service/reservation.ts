import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { servicesFolder } from "./place.ts";

/** Things of which each belongs to one service at most. */
export type ReservationKind = "addresses" | "users";

/** Marks one thing as a service's own. @returns false when another service has it */
export function reserve(dataFolder: string, kind: ReservationKind, name: string, id: string): boolean {
  const folder = folderOf(dataFolder, kind);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  const draft = join(folder, `.${name}.${process.pid}`);
  // Linking a finished file is one step: a reservation without its owner's name is never seen.
  writeFileSync(draft, id, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return ownerOf(path) === id;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Gives one thing up; a reservation that is gone already is no error. */
export function release(dataFolder: string, kind: ReservationKind, name: string): void {
  rmSync(join(folderOf(dataFolder, kind), name), { force: true });
}

/** Gives up all that a service has. */
export function releaseAll(dataFolder: string, id: string): void {
  for (const kind of ["addresses", "users"] as const) {
    const folder = folderOf(dataFolder, kind);
    for (const name of namesIn(folder)) {
      if (ownerOf(join(folder, name)) === id) release(dataFolder, kind, name);
    }
  }
}

/** Everything of a kind that belongs to services whose id is of a form, by its name. */
export function listReserved(dataFolder: string, kind: ReservationKind, form: RegExp): Map<string, string> {
  const folder = folderOf(dataFolder, kind);
  const owned = namesIn(folder).map((name) => [name, ownerOf(join(folder, name))] as const);
  return new Map(owned.filter((each): each is [string, string] => form.test(each[1] ?? "")));
}

function ownerOf(path: string): string | undefined {
  return orIfMissing(() => readFileSync(path, "utf8"), undefined);
}

function folderOf(dataFolder: string, kind: ReservationKind): string {
  return join(servicesFolder(dataFolder), ".reserved", kind);
}

function namesIn(folder: string): string[] {
  return orIfMissing(() => readdirSync(folder), []).filter((name) => !name.startsWith("."));
}

/** Another process may have removed a file since it was listed. */
function orIfMissing<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}
