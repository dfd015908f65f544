import { type RawBuilder, sql } from "kysely";
import { type Db, type Tx, transaction } from "../../db/transaction.ts";
import type { AuditLine, Retained, RetentionLimits } from "../store.ts";
import { recordAll } from "./locks.ts";

export async function undeleteStack(
  db: Db,
  organizationId: string,
  project: string,
  name: string,
  audit: (stackId: string) => AuditLine[],
): Promise<"undeleted" | "exists" | "unknown"> {
  return transaction(db, async (tx) => {
    const found = await sql<{ id: string; is_taken: boolean }>`
      SELECT s.id, EXISTS (
               SELECT 1 FROM stack other
               WHERE other.project_id = s.project_id AND other.name = s.name AND other.deleted_at IS NULL) AS is_taken
      FROM stack s JOIN project p ON p.id = s.project_id
      WHERE p.organization_id = ${organizationId} AND p.name = ${project} AND s.name = ${name}
        AND s.deleted_at IS NOT NULL AND (s.version = 0 OR EXISTS (SELECT 1 FROM checkpoint WHERE stack_id = s.id))
      ORDER BY s.deleted_at DESC LIMIT 1
      FOR UPDATE OF s`.execute(tx);
    const row = found.rows[0];
    if (!row) return "unknown";
    if (row.is_taken) return "exists";
    await sql`UPDATE stack SET deleted_at = NULL WHERE id = ${row.id}`.execute(tx);
    await recordAll(tx, audit(row.id));
    return "undeleted";
  });
}

/** Deletes what is older than the limits. The newest version of a stack that lives is never among it. */
export async function retain(db: Db, limits: RetentionLimits): Promise<Retained> {
  const stacks = await count(db, purgeDeletedStacks(limits.deletedDays));
  const versions = await count(db, dropOldVersions(limits));
  const updates = (await count(db, dropUnstarted(limits))) + (await count(db, dropOldPreviews(limits.days)));
  await count(db, dropOldJournals(limits.days));
  const contents = await count(db, dropUnusedContents);
  return { versions, contents, updates, stacks };
}

async function count(db: Db | Tx, statement: RawBuilder<unknown>): Promise<number> {
  const result = await statement.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** The row stays as the history's anchor; without a version it cannot come back. */
const purgeDeletedStacks = (days: number) => sql`
  WITH purged AS (
    SELECT id FROM stack WHERE deleted_at < now() - make_interval(secs => ${days * 86_400})
      AND EXISTS (SELECT 1 FROM checkpoint WHERE stack_id = stack.id)),
  emptied AS (UPDATE stack SET config = '{}', tags = '{}' FROM purged WHERE stack.id = purged.id)
  DELETE FROM checkpoint USING purged WHERE checkpoint.stack_id = purged.id`;

const dropOldVersions = ({ versions, days }: RetentionLimits) => sql`
  DELETE FROM checkpoint c USING stack s
  WHERE s.id = c.stack_id AND c.version < s.version
    AND (c.version <= s.version - ${versions}::bigint OR c.created_at < now() - make_interval(secs => ${days * 86_400}))`;

const isUnlinked = sql`NOT EXISTS (SELECT 1 FROM deployment d WHERE d.update_id = u.id)`;

const dropUnstarted = ({ unstartedMinutes }: RetentionLimits) => sql`
  DELETE FROM stack_update u
  WHERE u.state = 'created' AND u.created_at < now() - make_interval(secs => ${unstartedMinutes * 60}) AND ${isUnlinked}`;

const dropOldPreviews = (days: number) => sql`
  DELETE FROM stack_update u
  WHERE u.version IS NULL AND u.ended_at < now() - make_interval(secs => ${days * 86_400}) AND ${isUnlinked}`;

/** What could not be folded is kept for a person to look at, but not for ever. */
const dropOldJournals = (days: number) => sql`
  DELETE FROM journal_entry j USING stack_update u
  WHERE u.id = j.update_id AND u.ended_at < now() - make_interval(secs => ${days * 86_400})`;

/** A content younger than a day may belong to a transaction that is under way. */
const dropUnusedContents = sql`
  DELETE FROM checkpoint_content content
  WHERE content.created_at < now() - interval '1 day'
    AND NOT EXISTS (SELECT 1 FROM checkpoint WHERE content_hash = content.hash)
    AND NOT EXISTS (
      SELECT 1 FROM stack_update u JOIN journal_entry j ON j.update_id = u.id AND j.sequence = 0
      WHERE u.state = 'running' AND j.entry = encode(content.hash, 'hex'))`;
