import { sql } from "kysely";
import type { Db, Tx } from "../db/transaction.ts";
import type { SessionState } from "./contract.ts";
import { programStates, statesBefore } from "./domain.ts";
import type { Demand } from "./plan.ts";
import { type SessionEnd, startSeconds } from "./queries.ts";

export interface PlanTemplate {
  id: string;
  project: string;
  name: string;
  target: "process" | "docker" | "ecs";
  revision: number;
  pool_floor: number;
  pool_ceiling: number;
  pool_paused: boolean;
  exists: boolean;
  backing_off: boolean;
  failures: number;
}

/** Templates that have, or should have, sessions. */
export async function listPlanned(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM template t
    WHERE (deleted_at IS NULL AND pool_floor > 0 AND NOT pool_paused)
      OR EXISTS (SELECT 1 FROM session WHERE template_id = t.id AND state NOT IN ('stopped', 'failed'))
      OR EXISTS (
        SELECT 1 FROM session_shard sh JOIN stack_resource r ON r.stack_id = sh.stack_id
        WHERE sh.template_id = t.id AND r.type = 'roost:session:Session')`.execute(db);
  return rows.map(({ id }) => id);
}

/** The template, for the only plan of it that is made now. Claims and new sessions go on meanwhile. */
export async function lockForPlan(tx: Tx, id: string): Promise<PlanTemplate | undefined> {
  const { rows } = await sql<PlanTemplate>`
    SELECT t.id, p.name AS project, t.name, t.target, t.revision, pool_floor, pool_ceiling, pool_paused,
      t.deleted_at IS NULL AS exists, coalesce(t.retry_at > now(), false) AS backing_off, t.failures
    FROM template t JOIN project p ON p.id = t.project_id WHERE t.id = ${id} FOR NO KEY UPDATE OF t`.execute(
    tx,
  );
  return rows[0];
}

/**
 * Holds what was asked for and not started: one that its user ends now is ended before it is planned, or after it was
 * launched, and never started although it is over. Claims pass these by.
 */
export async function lockRequested(tx: Tx, templateId: string): Promise<void> {
  await sql`
    SELECT id FROM session WHERE template_id = ${templateId} AND state = 'requested'
    ORDER BY id FOR NO KEY UPDATE`.execute(tx);
}

export async function readDemand(tx: Tx, templateId: string): Promise<Demand> {
  const { rows } = await sql<Demand>`
    WITH start AS (SELECT ${startSeconds(sql`${templateId}`)} AS seconds),
    claim AS (
      SELECT claimed_at, missed, count(*) OVER (
        ORDER BY claimed_at
        RANGE BETWEEN CURRENT ROW AND coalesce((SELECT seconds FROM start), 0) * interval '1 second' FOLLOWING
      ) AS together
      FROM session WHERE template_id = ${templateId} AND claimed_at > now() - interval '2 hours')
    SELECT count(*)::int AS claims, coalesce(max(together), 0)::int AS busiest,
      (count(*) FILTER (WHERE missed AND claimed_at > now() - interval '5 minutes'))::int AS missed,
      (SELECT seconds FROM start) AS "startSeconds"
    FROM claim`.execute(tx);
  return rows[0] as Demand;
}

export interface PlanSessionRow {
  id: string;
  state: SessionState;
  owner: string | null;
  revision: number;
  shard: number | null;
  askedAt: number;
}

export async function listLive(tx: Tx, templateId: string): Promise<PlanSessionRow[]> {
  const { rows } = await sql<PlanSessionRow>`
    SELECT id, state, owner, revision, shard, extract(epoch FROM coalesce(claimed_at, created_at))::float8 AS "askedAt"
    FROM session WHERE template_id = ${templateId} AND state NOT IN ('stopped', 'failed')`.execute(tx);
  return rows;
}

export interface ShardRow {
  number: number;
  stack: string;
  failures: number;
  due: boolean;
  busy: boolean;
  held: string[];
  state: string | null;
  error: string | null;
  diagnostics: { severity: string; message: string; urn?: string }[] | null;
  noted: boolean;
}

/** In one statement, so that the end of an update and the state that it left are seen together or not at all. */
export async function listShards(tx: Tx, templateId: string): Promise<ShardRow[]> {
  const { rows } = await sql<ShardRow>`
    SELECT sh.number, s.name AS stack, sh.failures, coalesce(sh.retry_at <= now(), true) AS due, sh.noted,
      EXISTS (SELECT 1 FROM deployment q WHERE q.stack_id = sh.stack_id AND q.state IN ('queued', 'running')) AS busy,
      coalesce((SELECT json_agg(r.name) FROM stack_resource r
        WHERE r.stack_id = sh.stack_id AND r.type = 'roost:session:Session'), '[]') AS held,
      d.state, d.error, d.diagnostics
    FROM session_shard sh JOIN stack s ON s.id = sh.stack_id LEFT JOIN deployment d ON d.id = sh.deployment_id
    WHERE sh.template_id = ${templateId} ORDER BY sh.number`.execute(tx);
  return rows;
}

/** Keeps how the newest update of a shard ended; after a failure it waits longer each time, up to a minute. */
export async function noteEnd(tx: Tx, templateId: string, number: number, failures: number): Promise<void> {
  await sql`
    UPDATE session_shard SET noted = true, failures = ${failures},
      retry_at = CASE WHEN ${failures} > 0 THEN now() + least(60, power(2, ${failures})) * interval '1 second' END
    WHERE template_id = ${templateId} AND number = ${number}`.execute(tx);
}

/** The shard's newest update is this one. */
export async function noteQueued(
  tx: Tx,
  given: { templateId: string; number: number; deploymentId: string; sessions: string[] },
): Promise<void> {
  const { templateId, number, deploymentId, sessions } = given;
  await sql`
    INSERT INTO session_shard (template_id, number, stack_id, deployment_id)
    SELECT ${templateId}, ${number}, stack_id, id FROM deployment WHERE id = ${deploymentId}
    ON CONFLICT (template_id, number) DO UPDATE SET deployment_id = EXCLUDED.deployment_id, noted = false`.execute(
    tx,
  );
  await sql`
    UPDATE session SET state = 'starting', starting_at = now()
    WHERE id = ANY(${sessions}::text[]) AND state = ANY(${statesBefore("launch")}::text[])`.execute(tx);
}

export async function insertPool(tx: Tx, templateId: string, ids: string[]): Promise<void> {
  await sql`
    INSERT INTO session (id, organization_id, project_id, template_id, revision, state)
    SELECT ids.id, organization_id, project_id, t.id, revision, 'requested'
    FROM template t, unnest(${ids}::text[]) AS ids(id) WHERE t.id = ${templateId}`.execute(tx);
}

export async function assign(tx: Tx, placed: { id: string; shard: number }[]): Promise<void> {
  if (placed.length === 0) return;
  await sql`
    UPDATE session SET shard = given.shard
    FROM unnest(${placed.map(({ id }) => id)}::text[], ${placed.map(({ shard }) => shard)}::int[]) AS given(id, shard)
    WHERE session.id = given.id`.execute(tx);
}

/** Ends members of the pool that nobody has claimed meanwhile. @returns those. */
export async function endPool(tx: Tx, ids: string[], reason: SessionEnd): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: string }>`
    UPDATE session SET reason = ${reason}, stopping_at = now(),
      state = CASE state WHEN 'requested' THEN 'stopped' ELSE 'stopping' END,
      ended_at = CASE state WHEN 'requested' THEN now() END
    WHERE id = ANY(${ids}::text[]) AND owner IS NULL AND state = ANY(${statesBefore("stop")}::text[])
    RETURNING id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Marks sessions of which nothing is left in their stacks. */
export async function markGone(tx: Tx, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    UPDATE session SET state = 'stopped', ended_at = now()
    WHERE id = ANY(${ids}::text[]) AND state = ANY(${statesBefore("gone")}::text[])`.execute(tx);
}

/** @returns its template and user, or undefined when it was over already. */
export async function failSession(
  tx: Tx,
  given: { id: string; reason: SessionEnd; error: string; evidence: string | null },
): Promise<{ template_id: string; owner: string | null; wasStarting: boolean } | undefined> {
  const { rows } = await sql<{ template_id: string; owner: string | null; wasStarting: boolean }>`
    WITH dropped AS (DELETE FROM session_credential WHERE session_id = ${given.id})
    UPDATE session s SET state = 'failed', reason = ${given.reason}, error = ${given.error},
      evidence = ${given.evidence}, claim_secrets = NULL, introduce = false, ended_at = now()
    FROM (SELECT id, state FROM session WHERE id = ${given.id} FOR UPDATE) before
    WHERE s.id = before.id AND before.state = ANY(${[...programStates]}::text[])
    RETURNING s.template_id, s.owner, before.state IN ('requested', 'starting') AS "wasStarting"`.execute(tx);
  return rows[0];
}

/** After failed starts the pool waits, longer each time, up to five minutes; a good start ends that. */
export async function noteStart(tx: Tx, templateId: string, isGood: boolean): Promise<void> {
  if (isGood) {
    await sql`
      UPDATE template SET failures = 0, retry_at = NULL WHERE id = ${templateId} AND failures > 0`.execute(
      tx,
    );
    return;
  }
  await sql`
    UPDATE template SET failures = failures + 1,
      retry_at = now() + least(300, 5 * power(2, least(failures, 10))) * interval '1 second'
    WHERE id = ${templateId}`.execute(tx);
}

export interface RevisionRow {
  revision: number;
  workload: Record<string, unknown>;
  secret_environment: Buffer | null;
}

/** Of these sessions those that are in no batch yet. */
export async function listUnbatched(tx: Tx, ids: string[]): Promise<{ id: string; revision: number }[]> {
  const { rows } = await sql<{ id: string; revision: number }>`
    SELECT id, revision FROM session WHERE id = ANY(${ids}::text[]) AND batch_id IS NULL ORDER BY id`.execute(
    tx,
  );
  return rows;
}

/** Starts of one call: the intent, before anybody makes it. */
export async function insertBatch(
  tx: Tx,
  given: { id: string; templateId: string; place: string; sessions: string[] },
): Promise<void> {
  const { id, templateId, place, sessions } = given;
  await tx.insertInto("session_batch").values({ id, template_id: templateId, place }).execute();
  await tx.updateTable("session").set({ batch_id: id }).where("id", "in", sessions).execute();
}

/** Batches with all that they hold, also what is over by now. */
async function listBatches(tx: Tx, ids: string[]): Promise<Record<string, string[]>> {
  const { rows } = await sql<{ batch: string; sessions: string[] }>`
    SELECT batch_id AS batch, array_agg(id ORDER BY id) AS sessions
    FROM session WHERE batch_id = ANY(${ids}::text[]) GROUP BY batch_id`.execute(tx);
  return Object.fromEntries(rows.map(({ batch, sessions }) => [batch, sessions]));
}

/** Revisions that these sessions are of, and batches in which they start, with which is of which. */
export async function readProgram(tx: Tx, templateId: string, ids: string[]) {
  const found = await tx
    .selectFrom("session")
    .select(["id", "revision", "batch_id"])
    .where("id", "in", ids.length > 0 ? ids : [""])
    .orderBy("id")
    .execute();
  const sessions = found.map(({ id, revision, batch_id: batch }) => ({
    id,
    revision,
    ...(batch !== null && { batch }),
  }));
  const batches = await listBatches(tx, [...new Set(sessions.flatMap(({ batch }) => batch ?? []))]);
  const revisions = [...new Set(sessions.map(({ revision }) => revision))];
  const rows = await tx
    .selectFrom("template_revision")
    .select(["revision", "workload", "secret_environment"])
    .where("template_id", "=", templateId)
    .where("revision", "in", revisions.length > 0 ? revisions : [0])
    .execute();
  return { sessions, batches, revisions: rows as RevisionRow[] };
}
