import { Kysely, PostgresDialect, sql } from "kysely";
import type pg from "pg";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { Manifest, TableShape } from "./contract.ts";
import { copyIn, copyOut, quoted } from "./copy-queries.ts";

/** Written by the migrator itself. */
const migratorTables = ["kysely_migration", "kysely_migration_lock"];
/** Rows that mean nothing later: single-use tickets, counters of request rates. */
const transientTables = ["ticket", "rate_limit"];
/** Numbers of the old server's transactions; in a new one each row gets the restore's own. */
const localColumns = ["audit.transaction_id"];

/** Typed queries on one connection, so that they share a transaction with COPY. */
export function onClient(client: pg.Client): Db {
  const pooled = Object.assign(client, { release() {} });
  return new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: { connect: async () => pooled, end: async () => {}, options: {} } }),
  });
}

/** Tables with rows to keep, with their columns. */
export async function listTables(db: Db | Tx): Promise<TableShape[]> {
  const { rows } = await sql<{ name: string; columns: string[] }>`
    SELECT c.relname::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    GROUP BY c.relname ORDER BY c.relname`.execute(db);
  return rows
    .filter(({ name }) => !migratorTables.includes(name) && !transientTables.includes(name))
    .map(({ name, columns }) => ({
      name,
      columns: columns.filter((column) => !localColumns.includes(`${name}.${column}`)),
    }));
}

export async function listSequences(db: Db | Tx): Promise<Manifest["sequences"]> {
  const { rows } = await sql<{ name: string; value: string | null }>`
    SELECT sequencename::text AS name, last_value::text AS value
    FROM pg_sequences WHERE schemaname = current_schema() ORDER BY sequencename`.execute(db);
  return rows;
}

export async function listMigrations(db: Db | Tx): Promise<string[]> {
  const found = await sql<{ name: string | null }>`
    SELECT to_regclass('kysely_migration')::text AS name`.execute(db);
  if (!found.rows[0]?.name) return [];
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
  return rows.map(({ name }) => name);
}

/** Names of the tables that hold rows. */
export async function listFilled(db: Db | Tx): Promise<string[]> {
  const filled: string[] = [];
  for (const { name } of await listTables(db)) {
    const { rows } = await sql<{ filled: boolean }>`
      SELECT EXISTS (SELECT FROM ${sql.table(name)}) AS filled`.execute(db);
    if (rows[0]?.filled) filled.push(name);
  }
  return filled;
}

export function readRows(
  client: pg.Client,
  table: TableShape,
  onEnd: (rows: number) => void,
): AsyncGenerator<Buffer> {
  return copyOut(client, `COPY (SELECT ${columnList(table)} FROM ${quoted(table.name)}) TO STDOUT`, onEnd);
}

export function writeRows(
  client: pg.Client,
  table: TableShape,
  rows: AsyncIterable<Buffer>,
): Promise<number> {
  return copyIn(client, `COPY ${quoted(table.name)} (${columnList(table)}) FROM STDIN`, rows);
}

/** Runs `work` on one unchanging view of the database. */
export function inSnapshot<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(work);
}

export async function setSequences(db: Db | Tx, sequences: Manifest["sequences"]): Promise<void> {
  for (const { name, value } of sequences) {
    if (value !== null) await sql`SELECT setval(${quoted(name)}::regclass, ${value}::bigint)`.execute(db);
  }
}

/**
 * Takes the references between tables away, so that tables can be filled in
 * any order.
 * @returns what puts them back, which checks every row.
 */
export async function dropReferences(db: Db | Tx): Promise<() => Promise<void>> {
  const { rows } = await sql<{ table: string; name: string; definition: string }>`
    SELECT conrelid::regclass::text AS table, conname::text AS name, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace`.execute(db);
  for (const { table, name } of rows) {
    await sql`ALTER TABLE ${sql.raw(table)} DROP CONSTRAINT ${sql.id(name)}`.execute(db);
  }
  return async () => {
    for (const { table, name, definition } of rows) {
      await sql`ALTER TABLE ${sql.raw(table)} ADD CONSTRAINT ${sql.id(name)} ${sql.raw(definition)}`.execute(
        db,
      );
    }
  };
}

function columnList({ columns }: TableShape): string {
  return columns.map(quoted).join(", ");
}
