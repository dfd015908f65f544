import path from "node:path";
import type pg from "pg";
import { systemPrincipal } from "../access/service.ts";
import { record } from "../audit/service.ts";
import { migrate, migrationNames } from "../db/migrate.ts";
import type { Database } from "../db/pool.ts";
import type { Tx } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import { checkMasterKey } from "../master-key.ts";
import type { Keys, Manifest, Progress } from "./contract.ts";
import * as contract from "./contract.ts";
import { auditFolder, FileChanges, masterKeyFile, readIfThere } from "./data-files.ts";
import { countSecrets, forgetMasterKey, listOrganizations } from "./ending-queries.ts";
import { type EndedWork, endOpenWork, endTokens, type NewToken } from "./endings.ts";
import { type PassphraseSource, readSealed } from "./file.ts";
import { dropReferences, listFilled, listMigrations, onClient, setSequences, writeRows } from "./queries.ts";
import { RecordReader } from "./record.ts";

export interface RestoreOptions {
  database: Database;
  dataFolder: string;
  file: string;
  passphrase: PassphraseSource;
  /** Given by setting: must be the one that the backup's secrets were encrypted with. */
  givenMasterKey?: Buffer;
  /** Given by setting: becomes the admin token instead of a generated one. */
  givenAdminToken?: string;
  /** API tokens stay good as they were when the backup was taken. Default: all are revoked, a new admin token is made. */
  keepTokens?: boolean;
  /** Waited for. */
  onProgress?: (progress: Progress) => void | Promise<void>;
}

export interface RestoreSummary extends EndedWork {
  createdAt: string;
  tables: number;
  rows: number;
  /** Set when there is no master key: what can never be read again. */
  lost: { stacks: number; credentials: number } | undefined;
  tokens: NewToken[];
  revokedTokens: number;
  /** Where an audit folder that was in the way is now. */
  auditSetAside: string | undefined;
}

/**
 * Fills an empty database from a backup in one transaction, and puts the
 * master key and the audit trail's keys into the data folder. What was under
 * way when the backup was taken is ended. After a failure everything is as before.
 * @throws conflict when the database is not empty or another master key is in place, invalid for a bad file.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreSummary> {
  const files = new FileChanges(options.dataFolder);
  const source = readSealed(options.file, options.passphrase);
  const client = await options.database.connect();
  try {
    return await onClient(client)
      .transaction()
      .execute((tx) => restore(tx, client, new RecordReader(source), files, options));
  } catch (error) {
    await files.takeBack();
    throw error;
  } finally {
    await source.return(undefined);
    await client.end();
  }
}

/**
 * Reads a backup to its end.
 * @throws invalid when it is damaged, cut, of a newer release, or the passphrase is wrong.
 */
export async function checkBackup(options: Pick<RestoreOptions, "file" | "passphrase" | "onProgress">) {
  const source = readSealed(options.file, options.passphrase);
  try {
    const reader = new RecordReader(source);
    const manifest = await readManifest(reader);
    const keys = await reader.json(contract.keys);
    const rows = await eachTable(reader, manifest, options, async (_table, pieces) => {
      for await (const _piece of pieces);
      return undefined;
    });
    await reader.end();
    const { createdAt, tables } = manifest;
    return { createdAt, tables: tables.length, rows, withKey: keys.masterKey !== null };
  } finally {
    await source.return(undefined);
  }
}

async function restore(
  tx: Tx,
  client: pg.Client,
  reader: RecordReader,
  files: FileChanges,
  options: RestoreOptions,
): Promise<RestoreSummary> {
  const manifest = await readManifest(reader);
  const keys = await reader.json(contract.keys);
  await prepareSchema(tx, manifest);
  const putBack = await dropReferences(tx);
  const rows = await eachTable(reader, manifest, options, (table, pieces) =>
    writeRows(client, table, pieces),
  );
  await reader.end();
  await putBack();
  await setSequences(tx, manifest.sequences);
  await migrate(tx);
  const ended = await endOpenWork(tx);
  const { tokens, revokedTokens } = options.keepTokens
    ? { tokens: [], revokedTokens: 0 }
    : await endTokens(tx, files, options.givenAdminToken);
  const lost = await placeMasterKey(tx, files, keys, options);
  const auditSetAside = await placeKeptFiles(files, keys);
  const summary = {
    createdAt: manifest.createdAt,
    tables: manifest.tables.length,
    rows,
    ...ended,
    revokedTokens,
  };
  for (const organization of await listOrganizations(tx)) {
    const principal = await systemPrincipal(tx, organization);
    const detail = { ...summary, masterKey: lost === undefined };
    await record(tx, principal, {
      action: "backup.restore",
      object: organization.id,
      phase: "result",
      detail,
    });
  }
  return { ...summary, lost, tokens, auditSetAside };
}

async function readManifest(reader: RecordReader): Promise<Manifest> {
  const manifest = await reader.json(contract.manifest);
  const unknown = manifest.migrations.filter((name) => !migrationNames.includes(name));
  if (unknown.length > 0) {
    throw new RoostError(
      "invalid",
      `The backup was taken by a newer Roost (its database has ${unknown.join(", ")}). Restore it with that release.`,
    );
  }
  return manifest;
}

/** The tables as they were when the backup was taken, empty. */
async function prepareSchema(tx: Tx, manifest: Manifest): Promise<void> {
  const filled = await listFilled(tx);
  if (filled.length > 0) {
    throw new RoostError(
      "conflict",
      `The database is not empty (${filled.join(", ")}): a backup is restored into an empty one only. Give another DATABASE_URL, or another ROOST_DATA_DIR.`,
    );
  }
  const last = manifest.migrations.at(-1) as string;
  const newer = (await listMigrations(tx)).filter((name) => !manifest.migrations.includes(name));
  if (newer.length > 0) {
    throw new RoostError(
      "conflict",
      `The database is empty, but its schema is newer than the backup (${newer.join(", ")}): restore into a new database.`,
    );
  }
  await migrate(tx, last);
}

async function eachTable(
  reader: RecordReader,
  manifest: Manifest,
  { onProgress }: Pick<RestoreOptions, "onProgress">,
  take: (table: contract.TableShape, rows: AsyncIterable<Buffer>) => Promise<number | undefined>,
): Promise<number> {
  let rows = 0;
  for (const [done, table] of manifest.tables.entries()) {
    await onProgress?.({ table: table.name, done, of: manifest.tables.length, rows });
    const taken = await take(table, reader.rows());
    const end = await reader.json(contract.tableEnd);
    if (end.table !== table.name || (taken !== undefined && taken !== end.rows)) {
      throw new RoostError("invalid", `The backup holds ${end.rows} rows of ${end.table}, ${taken} arrived.`);
    }
    rows += end.rows;
  }
  return rows;
}

/** @returns what is lost, when no master key is to be had. */
async function placeMasterKey(tx: Tx, files: FileChanges, keys: Keys, options: RestoreOptions) {
  const file = path.join(options.dataFolder, masterKeyFile);
  const kept = keys.masterKey === null ? undefined : Buffer.from(keys.masterKey, "base64");
  const text = (await readIfThere(file))?.toString("utf8");
  const present = options.givenMasterKey ?? (text ? Buffer.from(text, "base64") : undefined);
  if (kept && present && !kept.equals(present)) {
    const where = options.givenMasterKey
      ? "The settings give another master key"
      : `${file} is another master key`;
    throw new RoostError("conflict", `${where} than the one in the backup: take it away first.`);
  }
  const key = kept ?? present;
  if (!key) {
    const lost = await countSecrets(tx);
    await forgetMasterKey(tx);
    return lost;
  }
  await checkMasterKey(tx, key);
  if (!present) await files.put(masterKeyFile, Buffer.from(`${key.toString("base64")}\n`));
  return undefined;
}

async function placeKeptFiles(files: FileChanges, keys: Keys): Promise<string | undefined> {
  if (keys.files.length === 0) return undefined;
  const suffix = `before-restore-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
  const aside = await files.setAside(auditFolder, suffix);
  for (const { path: name, content } of keys.files) await files.put(name, Buffer.from(content, "base64"));
  return aside;
}
