import { randomBytes, randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { sql } from "kysely";
import { Sealer } from "../../automation-api/audit/service.ts";
import { readSettings } from "../../automation-api/config.ts";
import type { Db } from "../../automation-api/db/transaction.ts";
import { retain } from "../../automation-api/maintenance/service.ts";
import { openServices, type Services } from "../../automation-api/services.ts";
import { databaseUrl } from "../../test/support/database.ts";
import type { Row } from "../report.ts";
import type { Lab } from "./lab.ts";
import type { Recording } from "./memory-store.ts";
import { personsWay } from "./ways.ts";

const resources = 50;
const names = { project: "bench", stack: "grown" };
/** As the CLI sends them. */
const journalBatch = 100;
const eventBatch = 50;
/** The retention job runs this often in between, as by the clock it would. */
const retentionRuns = 20;

/**
 * What PostgreSQL holds after many updates of one stack, each of which changes all its resources. One real update by
 * the CLI is recorded; then the same calls (create, start, journal, events, complete) are made by the state backend's
 * own service again and again with another payload each time, without an engine. A content that nothing refers to is
 * spared for a day, so contents are made two days older before each run of the retention job.
 */
export async function measureGrowth(lab: Lab, updates: number): Promise<Row[]> {
  const recording = await record(lab);
  const folder = path.join(lab.folder, "growth");
  await mkdir(folder, { mode: 0o700 });
  const connectionString = databaseUrl(await lab.database());
  const settings = readSettings(folder, { DATABASE_URL: connectionString, ROOST_LOG_LEVEL: "warn" });
  const services = await openServices(settings, { connectionString });
  const sealer = new Sealer({
    db: services.db,
    heads: services.heads,
    onError: (error) => console.error(error),
  });
  sealer.start();
  try {
    await services.state.createStack(services.system, names, {});
    const begun = performance.now();
    for (const [number, given] of [
      recording.create,
      ...Array<Take>(updates).fill(recording.update),
    ].entries()) {
      await replay(services, given);
      if (number % Math.ceil(updates / retentionRuns) === 0)
        await runRetention(services, settings.ROOST_RETENTION_DAYS);
    }
    const perUpdateMs = (performance.now() - begun) / updates;
    await sealer.seal();
    await runRetention(services, settings.ROOST_RETENTION_DAYS);
    const kept = await sizes(services.db);
    // As when all of it had happened longer ago than events and versions are kept.
    await runRetention(services, 1e-5);
    const expired = await sizes(services.db);
    printSizes(updates, kept, expired);
    console.log(
      `${updates} updates of ${resources} resources took ${perUpdateMs.toFixed(1)} ms each without the engine; ` +
        `${recording.update.entries.length} journal entries and ${recording.update.events.length} events in each`,
    );
    return [
      { metric: `stored_${updates}_updates_mb`, value: total(kept) / 1e6, unit: "MB" },
      { metric: `stored_${updates}_updates_state_mb`, value: stateBytes(kept) / 1e6, unit: "MB" },
      { metric: `stored_${updates}_updates_expired_mb`, value: total(expired) / 1e6, unit: "MB" },
    ];
  } finally {
    await sealer.close();
    await services.close();
  }
}

/** A recorded update, with the payloads that it holds. */
interface Take extends Recording {
  payloads: string[];
}

/** A create and an update by the real CLI; the payloads are as long as those that take their place. */
async function record(lab: Lab): Promise<{ create: Take; update: Take }> {
  const server = await lab.server("memory");
  const [first, second] = [newPayload(), newPayload()];
  const stack = await personsWay(lab, "cli", server).open(names.stack, resources);
  const take = async (payload: string, payloads: string[]): Promise<Take> => {
    await stack.update(payload);
    const recording = await server.ask({ kind: "recording", ...names });
    if (!recording) throw new Error("The update was not recorded.");
    return { ...recording, payloads };
  };
  const create = await take(first, [first]);
  const update = await take(second, [first, second]);
  await server.close();
  return { create, update };
}

function newPayload(): string {
  return randomBytes(24).toString("hex");
}

async function replay({ state, system }: Services, take: Take): Promise<void> {
  const fresh = take.payloads.map(() => newPayload());
  const renewed = (text: string) =>
    take.payloads.reduce((result, old, index) => result.replaceAll(old, fresh[index] as string), text);
  const updateId = await state.createUpdate(system, names, {
    kind: "update",
    dryRun: false,
    message: "",
    environment: take.environment,
    config: JSON.parse(renewed(JSON.stringify(take.config))),
  });
  const { token } = await state.startUpdate(system, names, updateId, { journalVersion: 1 }, randomUUID());
  for (const batch of batches(take.entries, journalBatch)) {
    await state.appendJournal(updateId, token, renewed(`{"entries":[${batch.join(",")}]}`));
  }
  for (const batch of batches(take.events, eventBatch)) {
    await state.appendEvents(updateId, token, JSON.parse(renewed(JSON.stringify(batch))));
  }
  await state.completeUpdate(updateId, token, "succeeded");
}

function batches<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

async function runRetention({ db, state, settings }: Services, days: number): Promise<void> {
  await sql`UPDATE checkpoint_content SET created_at = created_at - interval '2 days'`.execute(db);
  await retain({ db, state, settings: { ...settings, ROOST_RETENTION_DAYS: days } });
  // What autovacuum would do in its own time.
  for (const table of [
    "checkpoint_content",
    "checkpoint",
    "journal_entry",
    "event",
    "event_source",
    "stack_update",
    "stack_resource",
    "stack",
  ]) {
    await sql`VACUUM ${sql.table(table)}`.execute(db);
  }
}

interface Size {
  table: string;
  bytes: number;
}

/** On disk, with indexes, out-of-line values and free room. */
async function sizes(db: Db): Promise<Size[]> {
  const { rows } = await sql<{ table: string; bytes: string }>`
    SELECT relname AS table, pg_total_relation_size(oid) AS bytes FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC`.execute(db);
  return rows.map(({ table, bytes }) => ({ table, bytes: Number(bytes) }));
}

const total = (given: Size[]) => given.reduce((sum, { bytes }) => sum + bytes, 0);
const stateTables = [
  "checkpoint_content",
  "checkpoint",
  "journal_entry",
  "stack_update",
  "stack_resource",
  "stack",
];
const stateBytes = (given: Size[]) => total(given.filter(({ table }) => stateTables.includes(table)));

function printSizes(updates: number, kept: Size[], expired: Size[]): void {
  console.log(`\nstored after ${updates} updates: within the retention time, and when it is over (kB)`);
  for (const { table, bytes } of kept.filter((each) => each.bytes > 100_000)) {
    const later = expired.find((each) => each.table === table)?.bytes ?? 0;
    console.log(`  ${table.padEnd(20)} ${Math.round(bytes / 1000)}  ${Math.round(later / 1000)}`);
  }
}
