import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeServicesFolder } from "../service/place.ts";

/**
 * What tells this machine's sessions from those of another that shares the database: made once, kept beside them, so
 * that neither a new host name nor a reboot makes them strangers.
 */
export function installationOf(dataFolder: string): string {
  const file = join(makeServicesFolder(dataFolder), ".place");
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, randomBytes(8).toString("hex"), { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
  return readFileSync(file, "utf8");
}
