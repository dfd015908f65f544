import { sql } from "kysely";
import { type Db, type Tx, transaction } from "../../db/transaction.ts";
import type { StackNames } from "../server-address.ts";
import type {
  AuditLine,
  DeleteOutcome,
  ImportOutcome,
  ImportRequest,
  NewPlace,
  NewStack,
  RenameRequest,
  StackFilter,
  StackRow,
  StackSummary,
} from "../store.ts";
import { hindranceOf, lockStack, recordAll } from "./locks.ts";
import { selectStacks } from "./rows.ts";
import { insertUpdate } from "./updates.ts";
import { findContent, publish } from "./versions.ts";

export async function findProject(
  db: Db | Tx,
  organizationId: string,
  name: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("project")
    .select("id")
    .where("organization_id", "=", organizationId)
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.id;
}

export async function findNames(db: Db | Tx, stackId: string): Promise<StackNames | undefined> {
  const found = await sql<StackNames>`
    SELECT o.name AS organization, p.name AS project, s.name AS stack
    FROM stack s JOIN project p ON p.id = s.project_id JOIN organization o ON o.id = p.organization_id
    WHERE s.id = ${stackId}`.execute(db);
  return found.rows[0];
}

export async function findStack(
  db: Db | Tx,
  organizationId: string,
  project: string,
  name: string,
): Promise<StackRow | undefined> {
  const rows = await selectStacks(
    db,
    sql`p.organization_id = ${organizationId} AND p.name = ${project} AND s.name = ${name}`,
  );
  return rows[0];
}

export async function listStacks(db: Db, filter: StackFilter): Promise<StackSummary[]> {
  const { organizationId, projectIds, project, tagName, tagValue, after, limit } = filter;
  const conditions = [sql`p.organization_id = ${organizationId}`, sql`s.deleted_at IS NULL`];
  if (projectIds) conditions.push(sql`p.id = ANY(${projectIds}::text[])`);
  if (project !== undefined) conditions.push(sql`p.name = ${project}`);
  if (tagName !== undefined) conditions.push(sql`s.tags ->> ${tagName} IS NOT NULL`);
  if (tagName !== undefined && tagValue !== undefined)
    conditions.push(sql`s.tags ->> ${tagName} = ${tagValue}`);
  if (after) conditions.push(sql`(p.name, s.name) > (${after[0]}, ${after[1]})`);
  const found = await sql<{
    project: string;
    name: string;
    last_update: Date | null;
    resource_count: number | null;
  }>`
    SELECT p.name AS project, s.name, c.resource_count,
           (SELECT max(u.started_at) FROM stack_update u WHERE u.stack_id = s.id AND u.version IS NOT NULL) AS last_update
    FROM stack s
    JOIN project p ON p.id = s.project_id
    LEFT JOIN checkpoint c ON c.stack_id = s.id AND c.version = s.version
    WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY p.name, s.name
    LIMIT ${limit}`.execute(db);
  return found.rows.map((row) => ({
    project: row.project,
    name: row.name,
    lastUpdate: row.last_update,
    resourceCount: row.resource_count,
  }));
}

export async function createStack(
  db: Db,
  stack: NewStack,
  initial: Omit<ImportRequest, "stackId" | "audit"> | undefined,
  audit: AuditLine[],
): Promise<boolean> {
  return transaction(db, async (tx) => {
    const projectId = await ensureProject(tx, stack.organizationId, stack.project, stack.newProjectId);
    const added = await tx
      .insertInto("stack")
      .values({ id: stack.id, project_id: projectId, name: stack.name, tags: JSON.stringify(stack.tags) })
      .onConflict((conflict) =>
        conflict.columns(["project_id", "name"]).where("deleted_at", "is", null).doNothing(),
      )
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows !== 1n) return false;
    if (initial) {
      await insertUpdate(tx, initial.update, { version: 1, state: "succeeded" });
      await publish(tx, { ...initial, stackId: stack.id, version: 1, updateId: initial.update.id });
    }
    await recordAll(tx, audit);
    return true;
  });
}

export async function replaceTags(
  db: Db,
  stackId: string,
  tags: Record<string, string>,
  audit: AuditLine[],
): Promise<void> {
  await transaction(db, async (tx) => {
    await tx
      .updateTable("stack")
      .set({ tags: JSON.stringify(tags) })
      .where("id", "=", stackId)
      .execute();
    await recordAll(tx, audit);
  });
}

/** Renames the row; `false` when another stack has the name. */
export async function moveStack(
  tx: Tx,
  organizationId: string,
  stackId: string,
  to: NewPlace,
): Promise<boolean> {
  const projectId = await ensureProject(tx, organizationId, to.project, to.newProjectId);
  const moved = await sql`
    UPDATE stack SET project_id = ${projectId}, name = ${to.name}
    WHERE id = ${stackId} AND NOT EXISTS (
      SELECT 1 FROM stack WHERE project_id = ${projectId} AND name = ${to.name} AND deleted_at IS NULL)`.execute(
    tx,
  );
  return moved.numAffectedRows === 1n;
}

export async function deleteStack(
  db: Db,
  stackId: string,
  force: boolean,
  audit: AuditLine[],
): Promise<DeleteOutcome> {
  return transaction(db, async (tx) => {
    const held = await lockStack(tx, stackId);
    const hindrance = (held && hindranceOf(held)) ?? (await openDeployment(tx, stackId));
    if (hindrance) return hindrance;
    const deleted = await sql`
      UPDATE stack s SET deleted_at = now()
      WHERE s.id = ${stackId} AND s.deleted_at IS NULL AND (${force} OR NOT EXISTS (
        SELECT 1 FROM checkpoint c WHERE c.stack_id = s.id AND c.version = s.version AND c.resource_count > 0))`.execute(
      tx,
    );
    if (deleted.numAffectedRows !== 1n) return { kind: "notEmpty" };
    await sql`DELETE FROM stack_resource WHERE stack_id = ${stackId}`.execute(tx);
    await recordAll(tx, audit);
    return { kind: "deleted" };
  });
}

/** A deployment that runs on the stack, or waits for it. */
async function openDeployment(tx: Tx, stackId: string): Promise<DeleteOutcome | undefined> {
  const row = await tx
    .selectFrom("deployment")
    .select(["id", "requester"])
    .where("stack_id", "=", stackId)
    .where("state", "in", ["queued", "running"])
    .orderBy("sequence")
    .executeTakeFirst();
  return row && { kind: "busyDeployment", deploymentId: row.id, requester: row.requester };
}

/** A rename is a version too, since every URN holds the names. */
export async function renameStack(
  db: Db,
  { stackId, to, update, rewrite, audit }: RenameRequest,
): Promise<ImportOutcome | { kind: "exists" }> {
  const work = async (tx: Tx): Promise<ImportOutcome> => {
    const stack = await lockStack(tx, stackId);
    const hindrance = stack && hindranceOf(stack);
    if (hindrance) return hindrance;
    if (!(await moveStack(tx, stack?.organizationId ?? "", stackId, to))) throw new NameTaken();
    const bytes = await findContent(tx, stackId);
    const version = (stack?.version ?? 0) + 1;
    if (bytes) {
      await insertUpdate(tx, update, { version, state: "succeeded" });
      await publish(tx, { ...(await rewrite(bytes)), stackId, version, updateId: update.id });
    }
    await recordAll(tx, audit);
    return { kind: "published", version: bytes ? version : version - 1 };
  };
  return transaction(db, work).catch((error) => {
    if (error instanceof NameTaken) return { kind: "exists" };
    throw error;
  });
}

async function ensureProject(tx: Tx, organizationId: string, name: string, newId: string): Promise<string> {
  await sql`
    INSERT INTO project (id, organization_id, name) VALUES (${newId}, ${organizationId}, ${name})
    ON CONFLICT (organization_id, name) DO NOTHING`.execute(tx);
  return (await findProject(tx, organizationId, name)) as string;
}

class NameTaken extends Error {}
