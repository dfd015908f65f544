import { sql } from "kysely";
import { type Db, type Tx, transaction } from "../../db/transaction.ts";
import { append, openStream } from "../../events/service.ts";
import type { AuditLine, NewLease, NewUpdate, StackRow, StartOutcome, UpdateRow } from "../store.ts";
import { hindranceOf, lockStack, recordAll } from "./locks.ts";
import { selectUpdates } from "./rows.ts";

/** `ended`: for an update that is over when it is written, such as an import. */
export async function insertUpdate(
  tx: Tx,
  update: NewUpdate,
  ended?: { version: number; state: "succeeded" },
): Promise<void> {
  const at = ended ? sql<Date>`clock_timestamp()` : null;
  await tx
    .insertInto("stack_update")
    .values({
      id: update.id,
      stack_id: update.stackId,
      kind: update.kind,
      dry_run: update.dryRun,
      state: ended?.state ?? "created",
      version: ended?.version ?? null,
      base_version: ended ? ended.version - 1 : null,
      requester_id: update.requesterId,
      requester: update.requester,
      deployment_id: update.deployment?.id ?? null,
      message: update.message,
      config: JSON.stringify(update.config),
      environment: JSON.stringify(update.environment),
      started_at: at,
      ended_at: at,
    })
    .execute();
}

/** Links the update to the deployment whose engine makes it; `false` when that attempt is over. */
export async function createUpdate(db: Db, update: NewUpdate): Promise<boolean> {
  return transaction(db, async (tx) => {
    await insertUpdate(tx, update);
    const { deployment } = update;
    if (!deployment) return true;
    // Its engine may have been started before anybody asked for it, so the message is the deployment's.
    const linked = await sql`
      WITH linked AS (
        UPDATE deployment SET update_id = ${update.id}
        WHERE id = ${deployment.id} AND epoch = ${deployment.epoch} AND state = 'running' AND token_hash IS NOT NULL
        RETURNING message)
      UPDATE stack_update SET message = linked.message FROM linked WHERE id = ${update.id}`.execute(tx);
    if (linked.numAffectedRows === 1n) return true;
    await sql`DELETE FROM stack_update WHERE id = ${update.id}`.execute(tx);
    return false;
  });
}

export async function startUpdate(
  db: Db,
  lease: NewLease,
  audit: (row: UpdateRow) => AuditLine[],
): Promise<StartOutcome> {
  return transaction(db, async (tx) => {
    const stack = await lockStack(tx, lease.stackId);
    await sql`SELECT id FROM stack_update WHERE id = ${lease.updateId} FOR UPDATE`.execute(tx);
    const update = await findUpdate(tx, lease.stackId, lease.updateId);
    if (!stack || !update) return { kind: "unknown" };
    if (update.state !== "created") return { kind: "notStartable", state: update.state };
    const hindrance = update.dryRun
      ? undefined
      : (hindranceOf(stack) ?? (await runningDeployment(tx, update)));
    if (hindrance) return hindrance;
    const expiresAt = await giveLease(tx, lease, update, stack);
    if (update.deploymentId === null) await beginStream(tx, stack, update);
    await recordAll(tx, audit(update));
    return { kind: "started", version: stack.version + (update.dryRun ? 0 : 1), expiresAt };
  });
}

/** A deployment that runs on the stack, other than the one that this update belongs to. */
async function runningDeployment(tx: Tx, update: UpdateRow): Promise<StartOutcome | undefined> {
  const found = await sql<{ id: string; requester: string }>`
    SELECT id, requester FROM deployment
    WHERE stack_id = ${update.stackId} AND state = 'running' AND operation <> 'preview'
      AND id IS DISTINCT FROM ${update.deploymentId}`.execute(tx);
  const row = found.rows[0];
  return row && { kind: "busyDeployment", deploymentId: row.id, requester: row.requester };
}

/** The state that the update starts from is frozen here: positions in its journal refer to it. */
async function giveLease(tx: Tx, lease: NewLease, update: UpdateRow, stack: StackRow): Promise<Date> {
  const given = await sql<{ lease_expires_at: Date }>`
    UPDATE stack_update SET
      state = 'running', started_at = clock_timestamp(), journal_version = ${lease.journalVersion},
      lease_hash = ${lease.hash}, lease_expires_at = clock_timestamp() + make_interval(secs => ${lease.seconds}),
      version = ${update.dryRun ? null : stack.version + 1}, base_version = ${update.dryRun ? null : stack.version}
    WHERE id = ${update.id} RETURNING lease_expires_at`.execute(tx);
  if (!update.dryRun) {
    const tags = JSON.stringify(lease.tags ?? stack.tags);
    await sql`UPDATE stack SET active_update_id = ${update.id}, tags = ${tags}::json WHERE id = ${stack.id}`.execute(
      tx,
    );
  }
  return given.rows[0]!.lease_expires_at;
}

/** What a person's command does is seen live under the update's own id. */
async function beginStream(tx: Tx, stack: StackRow, update: UpdateRow): Promise<void> {
  const { organizationId, projectId, id: stackId } = stack;
  await openStream(tx, { id: update.id, organizationId, projectId, stackId });
  const data = { state: "running", operation: update.kind, requester: update.requester };
  await append(tx, update.id, [{ kind: "state", data }]);
}

export async function findUpdate(
  db: Db | Tx,
  stackId: string,
  updateId: string,
): Promise<UpdateRow | undefined> {
  const rows = await selectUpdates(db, sql`WHERE u.id = ${updateId} AND u.stack_id = ${stackId}`);
  return rows[0];
}

export async function history(db: Db, stackId: string, limit: number, offset: number): Promise<UpdateRow[]> {
  return selectUpdates(
    db,
    sql`WHERE u.stack_id = ${stackId} AND u.version IS NOT NULL ORDER BY u.version DESC LIMIT ${limit} OFFSET ${offset}`,
  );
}

export async function findOrphans(db: Db, limit: number): Promise<string[]> {
  const found = await sql<{ id: string }>`
    SELECT id FROM stack_update
    WHERE state = 'running' AND lease_expires_at < now()
    ORDER BY lease_expires_at LIMIT ${limit}`.execute(db);
  return found.rows.map((row) => row.id);
}
