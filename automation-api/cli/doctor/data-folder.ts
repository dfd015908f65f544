import { constants } from "node:fs";
import { access, lstat, readdir, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { masterKeyFile } from "../../backup/service.ts";
import type { Settings } from "../../config.ts";
import { formatBytes } from "../duration.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

const fewestFreeBytes = 1e9;

/** The data folder: whether it is there, can be written, what it takes and what is left on its disk. */
export async function checkDataFolder(folder: string): Promise<Finding> {
  const name = "data folder";
  if (!(await exists(folder))) {
    const above = await nearest(folder);
    if (await isWritable(above)) return ok(name, `${folder}: not made yet, the first start makes it`);
    return fault(
      name,
      folder,
      `it is missing, and ${above} cannot be written by this user`,
      "set ROOST_DATA_DIR to a folder that can",
    );
  }
  if (!(await stat(folder)).isDirectory()) {
    return fault(name, folder, "it is no folder", "remove the file, or set ROOST_DATA_DIR");
  }
  if (!(await isWritable(folder))) {
    return fault(name, folder, "this user cannot write it", "run as its owner, or set ROOST_DATA_DIR");
  }
  const used = await sizeOf(folder);
  const disk = await statfs(folder);
  const free = disk.bavail * disk.bsize;
  const found = `${folder}: ${formatBytes(used.bytes)} in ${used.files} files; ${formatBytes(free)} free on its disk`;
  if (free >= fewestFreeBytes)
    return ok(name, used.hidden > 0 ? `${found}; ${used.hidden} folders of other users not counted` : found);
  return warning(
    name,
    found,
    `less than ${formatBytes(fewestFreeBytes)} is free: PostgreSQL stops when none is left`,
    "free some, shorten ROOST_RETENTION_DAYS, or move ROOST_DATA_DIR",
  );
}

/** The master key: whether it is there, and readable by its owner alone. */
export async function checkMasterKeyFile(
  settings: Pick<Settings, "ROOST_MASTER_KEY" | "ROOST_MASTER_KEY_FILE" | "ROOST_DATA_DIR">,
): Promise<Finding> {
  const name = "master key";
  const given = settings.ROOST_MASTER_KEY_FILE;
  if (settings.ROOST_MASTER_KEY && !given) return ok(name, "given by ROOST_MASTER_KEY");
  const file = given ?? path.join(settings.ROOST_DATA_DIR, masterKeyFile);
  const found = await stat(file).catch(() => undefined);
  if (!found) {
    if (!(await exists(path.join(settings.ROOST_DATA_DIR, "postgres")))) {
      return ok(name, `${file}: not made yet, the first start makes it`);
    }
    return fault(
      name,
      file,
      "it is missing, and the database may hold secrets that only it opens",
      "put the file back, or restore a backup",
    );
  }
  const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
  if ((found.mode & 0o077) === 0) return ok(name, `${file} (${mode})`);
  return fault(
    name,
    `${file} (${mode})`,
    "other users of this machine can read every secret",
    `chmod 600 ${file}`,
  );
}

/** Bytes on the disk; folders that this user cannot enter are only counted. */
async function sizeOf(folder: string): Promise<{ bytes: number; files: number; hidden: number }> {
  const total = { bytes: 0, files: 0, hidden: 0 };
  const open = [folder];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    const entries = await readdir(current, { withFileTypes: true }).catch(() => undefined);
    if (!entries) total.hidden++;
    for (const entry of entries ?? []) {
      const place = path.join(current, entry.name);
      if (entry.isDirectory()) open.push(place);
      // A file that goes while we look takes nothing.
      else total.bytes += ((await lstat(place).catch(() => undefined))?.blocks ?? 0) * 512;
      if (!entry.isDirectory()) total.files++;
    }
  }
  return total;
}

async function nearest(folder: string): Promise<string> {
  let current = path.resolve(folder);
  while (!(await exists(current))) current = path.dirname(current);
  return current;
}

function exists(place: string): Promise<boolean> {
  return access(place).then(
    () => true,
    () => false,
  );
}

function isWritable(place: string): Promise<boolean> {
  return access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}
