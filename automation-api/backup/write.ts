import { userInfo } from "node:os";
import type pg from "pg";
import { systemPrincipal } from "../access/service.ts";
import { record } from "../audit/service.ts";
import type { Database } from "../db/pool.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import { checkMasterKey } from "../master-key.ts";
import type { Keys, Manifest, Progress, tableEnd } from "./contract.ts";
import { readKeptFiles } from "./data-files.ts";
import { listOrganizations } from "./ending-queries.ts";
import { refuseExisting, writeSealed } from "./file.ts";
import { inSnapshot, listMigrations, listSequences, listTables, onClient, readRows } from "./queries.ts";
import { encodeJson, encodeRows } from "./record.ts";
import { newSeal } from "./seal.ts";

export interface BackupOptions {
  database: Database;
  dataFolder: string;
  /** Goes into the backup; undefined: it stays out, and the backup alone can decrypt no secret. */
  masterKey: Buffer | undefined;
  /** Encrypts the file. Undefined only without the master key. */
  passphrase: string | undefined;
  file: string;
  /** Waited for. */
  onProgress?: (progress: Progress) => void | Promise<void>;
}

export interface BackupSummary {
  tables: number;
  rows: number;
  withKey: boolean;
  encrypted: boolean;
}

/**
 * Writes the control plane (every table as of one moment, the master key, the
 * keys and signed heads of the audit trail) into one file. The server may run on.
 * @throws invalid when the master key would be in clear, conflict when the file exists, unavailable for a wrong key.
 */
export async function writeBackup(options: BackupOptions): Promise<BackupSummary> {
  const { database, masterKey, passphrase, file } = options;
  if (masterKey && passphrase === undefined) {
    throw new RoostError("invalid", "A backup with the master key needs a passphrase.");
  }
  await refuseExisting(file);
  if ((await listMigrations(database.db)).length === 0) {
    throw new RoostError("not_found", "The database holds no control plane: there is nothing to back up.");
  }
  if (masterKey) await checkMasterKey(database.db, masterKey);
  const seal = await newSeal(passphrase);
  // Signed heads from before the snapshot: later ones would speak of rows that are not in it.
  const keys: Keys = {
    kind: "keys",
    masterKey: masterKey?.toString("base64") ?? null,
    files: masterKey ? await readKeptFiles(options.dataFolder) : [],
  };
  const detail = { withKey: masterKey !== undefined, encrypted: passphrase !== undefined, user: userName() };
  await note(database.db, "intent", detail);
  const client = await database.connect();
  try {
    const counted = await inSnapshot(onClient(client), async (tx) => {
      const manifest = await describe(tx);
      const counter = { rows: 0 };
      await writeSealed(file, seal, records(client, manifest, keys, counter, options.onProgress));
      return { tables: manifest.tables.length, rows: counter.rows };
    });
    await note(database.db, "result", { ...detail, ...counted });
    return { ...counted, withKey: detail.withKey, encrypted: detail.encrypted };
  } finally {
    await client.end();
  }
}

async function describe(db: Db): Promise<Manifest> {
  return {
    kind: "manifest",
    createdAt: new Date().toISOString(),
    migrations: await listMigrations(db),
    tables: await listTables(db),
    sequences: await listSequences(db),
  };
}

async function* records(
  client: pg.Client,
  manifest: Manifest,
  keys: Keys,
  counter: { rows: number },
  onProgress: BackupOptions["onProgress"],
): AsyncGenerator<Buffer> {
  yield encodeJson(manifest);
  yield encodeJson(keys);
  for (const [done, table] of manifest.tables.entries()) {
    await onProgress?.({ table: table.name, done, of: manifest.tables.length, rows: counter.rows });
    let count = 0;
    const rows = readRows(client, table, (all) => {
      count = all;
    });
    for await (const piece of rows) yield encodeRows(piece);
    counter.rows += count;
    yield encodeJson({ kind: "end", table: table.name, rows: count } satisfies ReturnType<
      typeof tableEnd.parse
    >);
  }
}

async function note(db: Db, phase: "intent" | "result", detail: Record<string, unknown>): Promise<void> {
  await transaction(db, async (tx) => {
    for (const organization of await listOrganizations(tx)) {
      const principal = await systemPrincipal(tx, organization);
      await record(tx, principal, { action: "backup.create", object: organization.id, phase, detail });
    }
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}
