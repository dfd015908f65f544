import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { Workload } from "./contract.ts";

export interface TemplateRow extends Selectable<Schema["template"]> {
  project: string;
  workload: Workload;
  secret_environment: Buffer | null;
  warm: number;
  starting: number;
  active: number;
  stopping: number;
}

export interface TemplateFilter {
  organizationId: string;
  /** null: all of the organization. */
  projects: string[] | null;
  id?: string;
  name?: string;
  /** Names after this one. */
  after?: string;
  limit: number;
}

/** By name, with the newest revision and what there is of each. */
export async function listTemplates(db: Db | Tx, filter: TemplateFilter): Promise<TemplateRow[]> {
  const conditions = [sql`t.organization_id = ${filter.organizationId}`, sql`t.deleted_at IS NULL`];
  if (filter.projects) conditions.push(sql`t.project_id = ANY(${filter.projects}::text[])`);
  if (filter.id) conditions.push(sql`t.id = ${filter.id}`);
  if (filter.name) conditions.push(sql`t.name = ${filter.name}`);
  if (filter.after) conditions.push(sql`t.name > ${filter.after}`);
  const { rows } = await sql<TemplateRow>`
    SELECT t.*, p.name AS project, r.workload, r.secret_environment, s.*
    FROM template t
    JOIN project p ON p.id = t.project_id
    JOIN template_revision r ON r.template_id = t.id AND r.revision = t.revision
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE state = 'warm')::int AS warm,
        count(*) FILTER (WHERE state IN ('requested', 'starting'))::int AS starting,
        count(*) FILTER (WHERE state = 'active')::int AS active,
        count(*) FILTER (WHERE state = 'stopping')::int AS stopping
      FROM session WHERE template_id = t.id AND state NOT IN ('stopped', 'failed')
    ) s
    WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY t.name LIMIT ${filter.limit}`.execute(db);
  return rows;
}

/** False when the organization has one of that name. */
export async function insertTemplate(
  tx: Tx,
  row: Insertable<Schema["template"]>,
  revision: Omit<Insertable<Schema["template_revision"]>, "template_id">,
): Promise<boolean> {
  const added = await tx
    .insertInto("template")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["organization_id", "name"]).where("deleted_at", "is", null).doNothing(),
    )
    .executeTakeFirst();
  if (added.numInsertedOrUpdatedRows !== 1n) return false;
  await insertRevision(tx, { ...revision, template_id: row.id });
  return true;
}

export async function insertRevision(tx: Tx, row: Insertable<Schema["template_revision"]>): Promise<void> {
  await tx.insertInto("template_revision").values(row).execute();
}

/** The template with its newest revision, held until the transaction ends. */
export async function lockTemplate(tx: Tx, organizationId: string, id: string) {
  return (
    tx
      .selectFrom("template")
      .innerJoin("template_revision", (join) =>
        join
          .onRef("template_revision.template_id", "=", "template.id")
          .onRef("template_revision.revision", "=", "template.revision"),
      )
      .selectAll("template")
      .select(["template_revision.workload", "template_revision.secret_environment"])
      .where("template.organization_id", "=", organizationId)
      .where("template.id", "=", id)
      .where("template.deleted_at", "is", null)
      // Sessions that refer to it are added meanwhile.
      .forNoKeyUpdate("template")
      .executeTakeFirst()
  );
}

export async function updateTemplate(
  tx: Tx,
  id: string,
  values: Updateable<Schema["template"]>,
): Promise<void> {
  await tx
    .updateTable("template")
    .set({ ...values, version: sql<number>`version + 1`, updated_at: sql<Date>`now()` })
    .where("id", "=", id)
    .execute();
}

/** Users' sessions of a template that are not over. */
export async function countUsers(tx: Tx, templateId: string): Promise<number> {
  const { count } = await tx
    .selectFrom("session")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("template_id", "=", templateId)
    .where("state", "not in", ["stopped", "failed"])
    .where("owner", "is not", null)
    .executeTakeFirstOrThrow();
  return Number(count);
}
