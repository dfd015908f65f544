import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Db } from "./db/transaction.ts";
import { RoostError } from "./errors.ts";

const keyBytes = 32;

/**
 * The key under which every secret is encrypted: given by setting, else from
 * `master.key` in the data folder, which is made (0600) on first start. It is
 * never in the database.
 */
export async function loadMasterKey(dataFolder: string, given: string | undefined): Promise<Buffer> {
  if (given) return Buffer.from(given, "base64");
  const file = path.join(dataFolder, "master.key");
  await mkdir(dataFolder, { recursive: true, mode: 0o711 });
  // `wx`: of two first starts one writes, both read the same.
  await writeFile(file, `${randomBytes(keyBytes).toString("base64")}\n`, { mode: 0o600, flag: "wx" }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  const key = Buffer.from((await readFile(file, "utf8")).trim(), "base64");
  if (key.length !== keyBytes) {
    throw new RoostError("unavailable", `${file} does not hold a master key (${keyBytes} bytes in base64).`);
  }
  return key;
}

/**
 * Refuses a key that is not the one the database was begun with.
 * @throws unavailable, before anything is read or written with it.
 */
export async function checkMasterKey(db: Db, key: Buffer): Promise<void> {
  const check = createHmac("sha256", key).update("roost key check").digest();
  await db
    .insertInto("installation")
    .values({ key_check: check })
    .onConflict((oc) => oc.doNothing())
    .execute();
  const row = await db.selectFrom("installation").select("key_check").executeTakeFirstOrThrow();
  if (!timingSafeEqual(row.key_check, check)) {
    throw new RoostError(
      "unavailable",
      "The master key is not the one this database was begun with: no secret could be read. Give the right one by ROOST_MASTER_KEY_FILE, or restore a backup that holds it.",
    );
  }
}
