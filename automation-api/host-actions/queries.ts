import { type Insertable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { ActionKind } from "./contract.ts";

export type ActionRow = Awaited<ReturnType<typeof listActions>>[number];

export async function insertAction(tx: Tx, row: Insertable<Schema["host_action"]>): Promise<void> {
  await tx.insertInto("host_action").values(row).execute();
}

export interface Filter {
  organizationId: string;
  id?: string;
  kind?: ActionKind;
  host?: string;
  /** Id that those of the page come before. */
  before?: string;
  limit: number;
}

/** What ids of whatever prefix sort by: their time. */
const age = sql<string>`substr(host_action.id, 5)`;

/** Newest first, each with the states of its deployments. */
export async function listActions(db: Db | Tx, { organizationId, id, kind, host, before, limit }: Filter) {
  let query = db
    .selectFrom("host_action")
    .leftJoin("deployment as apply", "apply.id", "host_action.deployment_id")
    .leftJoin("deployment as confirmation", "confirmation.id", "host_action.confirm_deployment_id")
    .leftJoin("deployment as undo", "undo.id", "host_action.undo_deployment_id")
    .select([
      "host_action.id",
      "host_action.host_id",
      "host_action.host_name",
      "host_action.kind",
      "host_action.title",
      "host_action.request",
      "host_action.plan_hash",
      "host_action.summary",
      "host_action.risky",
      "host_action.needs_words",
      "host_action.confirm_seconds",
      "host_action.host_key",
      "host_action.deployment_id",
      "host_action.confirm_deployment_id",
      "host_action.undo_deployment_id",
      "host_action.requester",
      "host_action.created_at",
      "apply.state as apply_state",
      "apply.error as apply_error",
      "apply.started_at as apply_started_at",
      "apply.ended_at as apply_ended_at",
      "confirmation.state as confirmation_state",
      "confirmation.error as confirmation_error",
      sql<boolean | null>`(apply.outputs #>> '{benchmark,isReverted}')::boolean`.as("apply_reverted"),
      "undo.state as undo_state",
      "undo.error as undo_error",
    ])
    .where("host_action.organization_id", "=", organizationId)
    .orderBy(age, "desc")
    .limit(limit);
  if (id !== undefined) query = query.where("host_action.id", "=", id);
  if (kind !== undefined) query = query.where("host_action.kind", "=", kind);
  if (host !== undefined) query = query.where("host_action.host_id", "=", host);
  if (before !== undefined) query = query.where(age, "<", before.slice(4));
  return query.execute();
}

/** The plan as it was stored. */
export async function readPlan(db: Db, id: string): Promise<Buffer | undefined> {
  const row = await db.selectFrom("host_action").select("plan").where("id", "=", id).executeTakeFirst();
  return row?.plan;
}

/** What the benchmark of an action found; undefined: it has none, or has not come to its end. */
export async function readBenchmark(db: Db, id: string): Promise<unknown> {
  const row = await db
    .selectFrom("host_action")
    .innerJoin("deployment", "deployment.id", "host_action.deployment_id")
    .select(sql<unknown>`deployment.outputs -> 'benchmark'`.as("benchmark"))
    .where("host_action.id", "=", id)
    .where("deployment.state", "=", "succeeded")
    .executeTakeFirst();
  return row?.benchmark ?? undefined;
}

export type DeploymentColumn = "deployment_id" | "confirm_deployment_id" | "undo_deployment_id";

/** The action that a deployment belongs to, and what that is of it. */
export async function findByDeployment(tx: Tx, id: string) {
  return tx
    .selectFrom("host_action")
    .innerJoin("host", "host.id", "host_action.host_id")
    .select([
      "host_action.id",
      "host_action.host_key",
      "host_action.confirm_seconds",
      "host_action.deployment_id",
      "host_action.confirm_deployment_id",
      "host_action.undo_deployment_id",
      "host.id as host_id",
      "host.host_key as pinned_key",
    ])
    .where((eb) =>
      eb.or([
        eb("host_action.deployment_id", "=", id),
        eb("host_action.confirm_deployment_id", "=", id),
        eb("host_action.undo_deployment_id", "=", id),
      ]),
    )
    .executeTakeFirst();
}

export async function noteHostKey(tx: Tx, id: string, line: string | null): Promise<void> {
  await tx.updateTable("host_action").set({ host_key: line }).where("id", "=", id).execute();
}

/** False when it has another such deployment by now: the row's holder is who queues the next. */
export async function noteDeployment(
  db: Db | Tx,
  id: string,
  column: DeploymentColumn,
  { before, after, confirmSeconds }: { before: string | null; after: string; confirmSeconds?: number },
): Promise<boolean> {
  const noted = await db
    .updateTable("host_action")
    .set({ [column]: after, ...(confirmSeconds !== undefined && { confirm_seconds: confirmSeconds }) })
    .where("id", "=", id)
    .where(column, before === null ? "is" : "=", before)
    .executeTakeFirst();
  return noted.numUpdatedRows === 1n;
}
