import { sql } from "kysely";
import type { Db, Tx } from "../db/transaction.ts";
import type { ForcedPolicies, Update } from "./contract.ts";

export async function findProject(db: Db | Tx, organizationId: string, name: string) {
  return db
    .selectFrom("project")
    .select(["id", "name"])
    .where("organization_id", "=", organizationId)
    .where("name", "=", name)
    .executeTakeFirst();
}

/** Makes a project; when another transaction was faster, its row, and `isNew` false. */
export async function insertProject(tx: Tx, row: { id: string; organization_id: string; name: string }) {
  const added = await tx
    .insertInto("project")
    .values(row)
    .onConflict((conflict) => conflict.columns(["organization_id", "name"]).doNothing())
    .executeTakeFirst();
  if (added.numInsertedOrUpdatedRows === 1n) return { id: row.id, name: row.name, isNew: true };
  const found = await findProject(tx, row.organization_id, row.name);
  return { ...(found as { id: string; name: string }), isNew: false };
}

export async function findStack(db: Db | Tx, projectId: string, name: string) {
  return db
    .selectFrom("stack")
    .select(["id", "name"])
    .where("project_id", "=", projectId)
    .where("name", "=", name)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
}

export async function insertStack(tx: Tx, row: { id: string; project_id: string; name: string }) {
  const added = await tx
    .insertInto("stack")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["project_id", "name"]).where("deleted_at", "is", null).doNothing(),
    )
    .executeTakeFirst();
  if (added.numInsertedOrUpdatedRows === 1n) return { id: row.id, name: row.name, isNew: true };
  const found = await findStack(tx, row.project_id, row.name);
  return { ...(found as { id: string; name: string }), isNew: false };
}

/** What a principal may see: its organization, and in it all projects (null) or some. */
export interface Visible {
  organizationId: string;
  projects: string[] | null;
}

export async function listProjects(db: Db, filter: Visible & { after?: string; limit: number }) {
  let query = db
    .selectFrom("project as p")
    .select(["p.id", "p.name", "p.created_at"])
    .select((eb) =>
      eb
        .selectFrom("stack as s")
        .whereRef("s.project_id", "=", "p.id")
        .where("s.deleted_at", "is", null)
        .select((inner) => inner.fn.countAll<string>().as("n"))
        .as("stacks"),
    )
    .where("p.organization_id", "=", filter.organizationId);
  if (filter.projects) query = query.where("p.id", "in", [...filter.projects, ""]);
  if (filter.after !== undefined) query = query.where("p.name", ">", filter.after);
  return query.orderBy("p.name").limit(filter.limit).execute();
}

export interface StackRow {
  id: string;
  project_id: string;
  project: string;
  stack: string;
  version: string;
  tags: Record<string, string>;
  config: Record<string, { string: string; secret?: boolean; object?: boolean }>;
  resources: number;
  queued: number;
  created_at: Date;
  deleted_at: Date | null;
  last_update: UpdateRow | null;
  running: { update: string; kind: Update["kind"]; by: string; deployment: string | null } | null;
}

export async function listStacks(
  db: Db,
  filter: Visible & {
    project?: string;
    stack?: string;
    deleted: boolean;
    after?: [project: string, stack: string, id: string];
    limit: number;
  },
): Promise<StackRow[]> {
  const conditions = [
    sql`p.organization_id = ${filter.organizationId}`,
    filter.deleted ? sql`s.deleted_at IS NOT NULL` : sql`s.deleted_at IS NULL`,
  ];
  if (filter.projects) conditions.push(sql`p.id = ANY(${filter.projects}::text[])`);
  if (filter.project) conditions.push(sql`p.name = ${filter.project}`);
  if (filter.stack) conditions.push(sql`s.name = ${filter.stack}`);
  if (filter.after) {
    const [project, stack, id] = filter.after;
    conditions.push(sql`(p.name, s.name, s.id) > (${project}, ${stack}, ${id})`);
  }
  const { rows } = await sql<StackRow>`
    SELECT s.id, s.project_id, p.name AS project, s.name AS stack, s.version, s.tags, s.config, s.created_at,
           s.deleted_at, coalesce(c.resource_count, 0) AS resources,
           (SELECT count(*)::int FROM deployment d WHERE d.stack_id = s.id AND d.state = 'queued') AS queued,
           (SELECT row_to_json(last) FROM (${updatesOf(sql`s.id`)} ORDER BY u.started_at DESC LIMIT 1) last) AS last_update,
           CASE WHEN a.id IS NOT NULL THEN
             json_build_object('update', a.id, 'kind', a.kind, 'by', a.requester, 'deployment', a.deployment_id)
           END AS running
    FROM stack s
    JOIN project p ON p.id = s.project_id
    LEFT JOIN checkpoint c ON c.stack_id = s.id AND c.version = s.version
    LEFT JOIN stack_update a ON a.id = s.active_update_id AND a.state = 'running'
    WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY p.name, s.name, s.id
    LIMIT ${filter.limit}`.execute(db);
  return rows;
}

export interface UpdateRow {
  id: string;
  kind: Update["kind"];
  state: Update["state"];
  version: string | number | null;
  requester: string;
  message: string;
  deployment_id: string | null;
  resource_changes: Record<string, number> | null;
  started_at: Date | string | null;
  ended_at: Date | string | null;
  /** `started_at` with all its digits: two updates of one millisecond stay apart. */
  started_key: string;
}

/** Updates that were started, newest first, previews left out. */
export async function listUpdates(
  db: Db,
  filter: { stackId: string; after?: [startedAt: string, id: string]; limit: number },
): Promise<UpdateRow[]> {
  const below = filter.after
    ? sql`AND (u.started_at, u.id) < (${filter.after[0]}::timestamptz, ${filter.after[1]})`
    : sql``;
  const { rows } = await sql<UpdateRow>`
    ${updatesOf(sql`${filter.stackId}`)} ${below} ORDER BY u.started_at DESC, u.id DESC LIMIT ${filter.limit}`.execute(
    db,
  );
  return rows;
}

function updatesOf(stackId: ReturnType<typeof sql>) {
  return sql`
    SELECT u.id, u.kind, u.state, u.version, u.requester, u.message, u.deployment_id, u.resource_changes,
           u.started_at, u.ended_at, u.started_at::text AS started_key
    FROM stack_update u
    WHERE u.stack_id = ${stackId} AND u.started_at IS NOT NULL AND NOT u.dry_run`;
}

export interface ResourceRow {
  stack_id: string;
  position: number;
  project: string;
  stack: string;
  urn: string;
  type: string;
  name: string;
  custom_id: string | null;
  parent_urn: string | null;
}

export async function listResources(
  db: Db,
  filter: Visible & {
    project?: string;
    stack?: string;
    stackId?: string;
    type?: string;
    text?: string;
    after?: [stackId: string, position: number];
    limit: number;
  },
): Promise<ResourceRow[]> {
  const conditions = [sql`p.organization_id = ${filter.organizationId}`, sql`s.deleted_at IS NULL`];
  if (filter.projects) conditions.push(sql`p.id = ANY(${filter.projects}::text[])`);
  if (filter.project) conditions.push(sql`p.name = ${filter.project}`);
  if (filter.stack) conditions.push(sql`s.name = ${filter.stack}`);
  if (filter.stackId) conditions.push(sql`s.id = ${filter.stackId}`);
  if (filter.type) conditions.push(sql`r.type = ${filter.type}`);
  if (filter.text) {
    const pattern = `%${filter.text.replace(/[\\%_]/g, "\\$&")}%`;
    conditions.push(sql`(r.urn ILIKE ${pattern} OR r.name ILIKE ${pattern} OR r.custom_id ILIKE ${pattern})`);
  }
  if (filter.after)
    conditions.push(sql`(r.stack_id, r.position) > (${filter.after[0]}, ${filter.after[1]}::int)`);
  const { rows } = await sql<ResourceRow>`
    SELECT r.stack_id, r.position, p.name AS project, s.name AS stack, r.urn, r.type, r.name, r.custom_id, r.parent_urn
    FROM stack_resource r
    JOIN stack s ON s.id = r.stack_id
    JOIN project p ON p.id = s.project_id
    WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY r.stack_id, r.position
    LIMIT ${filter.limit}`.execute(db);
  return rows;
}

export async function findPolicies(db: Db | Tx, projectId: string): Promise<ForcedPolicies | null> {
  const row = await db
    .selectFrom("project")
    .select("policies")
    .where("id", "=", projectId)
    .executeTakeFirstOrThrow();
  return row.policies as ForcedPolicies | null;
}

export async function setPolicies(tx: Tx, projectId: string, policies: ForcedPolicies | null): Promise<void> {
  await tx
    .updateTable("project")
    .set({ policies: policies && JSON.stringify(policies) })
    .where("id", "=", projectId)
    .execute();
}
