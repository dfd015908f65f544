import { sql } from "kysely";
import { type Db, type Tx, transaction } from "../../db/transaction.ts";
import { append, end } from "../../events/service.ts";
import type { Content } from "../content.ts";
import type {
  EndOutcome,
  EndRequest,
  EndRight,
  EndState,
  FindStackId,
  Folded,
  UpdateRow,
  WrittenRows,
} from "../store.ts";
import { lockStack, recordAll } from "./locks.ts";
import { selectUpdates } from "./rows.ts";
import { insertContent, publish } from "./versions.ts";

interface LockedUpdate extends UpdateRow {
  isLive: boolean;
  leaseHash: Buffer | null;
}

/** Ends an update once, whoever asks first; every write of it that is under way is in by then, and none comes after. */
export async function endUpdate(db: Db, request: EndRequest): Promise<EndOutcome> {
  const { updateId, right } = request;
  return transaction(db, async (tx) => {
    const update = await lockUpdate(tx, updateId);
    if (!update) return { kind: "unknown" };
    const refusal = refuse(update, right);
    if (refusal) return refusal;
    const folded =
      update.version === null ? null : await request.fold(await written(tx, update), findStackId(tx));
    const state = folded?.state ?? request.state;
    await close(tx, update, right, state, folded);
    await recordAll(tx, request.audit(update, state));
    return { kind: "ended", folded };
  });
}

/** The stack's row first, as everywhere, so that no two transactions wait for each other. */
async function lockUpdate(tx: Tx, updateId: string): Promise<LockedUpdate | undefined> {
  const known = await tx
    .selectFrom("stack_update")
    .select("stack_id")
    .where("id", "=", updateId)
    .executeTakeFirst();
  if (!known) return undefined;
  await lockStack(tx, known.stack_id);
  const locked = await sql<{ lease_hash: Buffer | null; is_live: boolean | null }>`
    SELECT lease_hash, lease_expires_at > clock_timestamp() AS is_live
    FROM stack_update WHERE id = ${updateId} FOR UPDATE`.execute(tx);
  const [row] = await selectUpdates(tx, sql`WHERE u.id = ${updateId}`);
  const lease = locked.rows[0];
  return row && { ...row, leaseHash: lease?.lease_hash ?? null, isLive: lease?.is_live === true };
}

function refuse(update: LockedUpdate, right: EndRight): EndOutcome | undefined {
  const isOpen = update.state === "created" || update.state === "running";
  if (right.by === "lease") {
    if (!update.leaseHash?.equals(right.hash)) return { kind: "lost" };
    if (!isOpen) return { kind: "already", state: update.state };
    return update.isLive ? undefined : { kind: "lost" };
  }
  if (!isOpen) return { kind: "already", state: update.state };
  if (right.by === "expiry" && (update.state === "created" || update.isLive)) {
    return { kind: "already", state: update.state };
  }
  return undefined;
}

async function close(
  tx: Tx,
  update: UpdateRow,
  right: EndRight,
  state: EndState,
  folded: Folded | null,
): Promise<void> {
  // A completion may come again after its reply was lost: only then is the lease still known.
  await sql`
    UPDATE stack_update SET state = ${state}, ended_at = clock_timestamp(), faults = ${JSON.stringify(folded?.faults ?? [])}::json
      ${right.by === "lease" ? sql`` : sql`, lease_hash = NULL`}
    WHERE id = ${update.id}`.execute(tx);
  if (folded && update.version !== null) {
    await publish(tx, { ...folded, stackId: update.stackId, version: update.version, updateId: update.id });
    if (folded.isPublished) await sql`DELETE FROM journal_entry WHERE update_id = ${update.id}`.execute(tx);
  }
  await sql`DELETE FROM event_source WHERE update_id = ${update.id}`.execute(tx);
  if (update.deploymentId === null && update.startedAt) {
    const data = { state, changes: update.resourceChanges ?? {}, faults: folded?.faults ?? [] };
    await append(tx, update.id, [{ kind: "state", data }]);
    await end(tx, update.id);
  }
}

export async function readWritten(db: Db, updateId: string): Promise<WrittenRows | undefined> {
  const [update] = await selectUpdates(db, sql`WHERE u.id = ${updateId}`);
  return update && written(db, update);
}

async function written(db: Db | Tx, update: UpdateRow): Promise<WrittenRows> {
  const { rows } = await sql<{
    organization: string;
    project: string;
    stack: string;
    now: Date;
    base: Buffer | null;
    engine_version: string | null;
  }>`
    SELECT o.name AS organization, p.name AS project, s.name AS stack, clock_timestamp() AS now,
           u.environment ->> 'pulumi.version' AS engine_version,
           (SELECT content.bytes FROM checkpoint c JOIN checkpoint_content content ON content.hash = c.content_hash
            WHERE c.stack_id = u.stack_id AND c.version = u.base_version) AS base
    FROM stack_update u
    JOIN stack s ON s.id = u.stack_id
    JOIN project p ON p.id = s.project_id
    JOIN organization o ON o.id = p.organization_id
    WHERE u.id = ${update.id}`.execute(db);
  const row = rows[0]!;
  const entries = await db
    .selectFrom("journal_entry")
    .select(["sequence", "entry"])
    .where("update_id", "=", update.id)
    .orderBy("sequence")
    .execute();
  const upload = entries.find((entry) => Number(entry.sequence) === uploadSequence);
  return {
    stackId: update.stackId,
    names: { organization: row.organization, project: row.project, stack: row.stack },
    base: row.base,
    entries: entries.filter((entry) => entry !== upload).map(({ entry }) => entry),
    upload: upload ? await contentOf(db, Buffer.from(upload.entry, "hex")) : null,
    engineVersion: row.engine_version,
    now: row.now,
  };
}

async function contentOf(db: Db | Tx, hash: Buffer): Promise<Buffer | null> {
  const row = await db
    .selectFrom("checkpoint_content")
    .select("bytes")
    .where("hash", "=", hash)
    .executeTakeFirst();
  return row?.bytes ?? null;
}

/** Journal entries count from 1; here stands the hash of the last whole state that a client without journal sent. */
const uploadSequence = 0;

export async function putUpload(db: Db, updateId: string, hash: Buffer, content: Content): Promise<boolean> {
  return transaction(db, async (tx) => {
    const held = await sql`
      SELECT id FROM stack_update
      WHERE id = ${updateId} AND lease_hash = ${hash} AND state = 'running' AND lease_expires_at > now()
      FOR SHARE`.execute(tx);
    if (held.rows.length === 0) return false;
    await insertContent(tx, content);
    await sql`
      INSERT INTO journal_entry (update_id, sequence, entry)
      VALUES (${updateId}, ${uploadSequence}, ${content.hash.toString("hex")})
      ON CONFLICT (update_id, sequence) DO UPDATE SET entry = excluded.entry`.execute(tx);
    return true;
  });
}

function findStackId(tx: Tx): FindStackId {
  return async (organization, project, stack) => {
    const found = await sql<{ id: string }>`
      SELECT s.id FROM stack s
      JOIN project p ON p.id = s.project_id
      JOIN organization o ON o.id = p.organization_id
      WHERE o.name = ${organization} AND p.name = ${project} AND s.name = ${stack} AND s.deleted_at IS NULL`.execute(
      tx,
    );
    return found.rows[0]?.id;
  };
}
