import { closeSync, openSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

// Result codes of SQLite.
const busy = 5;
const cannotOpen = 14;

/**
 * Holds a file for this process alone. The operating system gives it up with the process, however that ends,
 * so there is never a stale one to judge.
 * @returns what releases it (once or more often), or undefined when another process holds it or its folder is gone
 */
export function tryLock(path: string): (() => unknown) | undefined {
  const before = touch(path);
  if (before === undefined) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    const code = (error as { errcode?: number }).errcode;
    if (code === busy || code === cannotOpen) return undefined;
    throw error;
  }
  const held = database;
  // The folder may have been removed and made again in between: then what was locked is no longer there.
  if (identityOf(path) === before) return () => held.isOpen && held.close();
  held.close();
  return undefined;
}

function touch(path: string): string | undefined {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return identityOf(path);
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino}:${found.birthtimeNs}`;
}
