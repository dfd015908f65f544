import { type Selectable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { SessionState } from "./contract.ts";
import { liveStates, statesBefore } from "./domain.ts";

export type SessionEnd = NonNullable<Schema["session"]["reason"]>;

/** What a claim needs to know of a template. */
export interface ClaimTemplate {
  id: string;
  project_id: string;
  name: string;
  revision: number;
  introduce: boolean;
  most_per_user: number;
  most_in_all: number | null;
}

export async function findTemplate(
  db: Db,
  organizationId: string,
  name: string,
): Promise<ClaimTemplate | undefined> {
  const { rows } = await sql<ClaimTemplate>`
    SELECT t.id, t.project_id, t.name, t.revision, r.workload->>'introducePath' IS NOT NULL AS introduce,
      t.most_per_user, t.most_in_all
    FROM template t JOIN template_revision r ON r.template_id = t.id AND r.revision = t.revision
    WHERE t.organization_id = ${organizationId} AND t.name = ${name} AND t.deleted_at IS NULL`.execute(db);
  return rows[0];
}

/** Locks a row that stands for a count, so that who holds it counts and adds alone until the transaction ends. */
export async function lockQuota(tx: Tx, projectId: string, owner: string): Promise<void> {
  await sql`
    INSERT INTO session_quota (project_id, owner) VALUES (${projectId}, ${owner})
    ON CONFLICT (project_id, owner) DO UPDATE SET owner = EXCLUDED.owner`.execute(tx);
}

export async function countOwned(tx: Tx, projectId: string, owner: string): Promise<number> {
  const { count } = await tx
    .selectFrom("session")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("project_id", "=", projectId)
    .where("owner", "=", owner)
    .where("state", "in", liveStates)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function countOfTemplate(tx: Tx, templateId: string): Promise<number> {
  const { count } = await tx
    .selectFrom("session")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("template_id", "=", templateId)
    .where("owner", "is not", null)
    // As the index is written, so that it is used.
    .where("state", "not in", ["stopped", "failed"])
    .executeTakeFirstOrThrow();
  return Number(count);
}

export interface Claimer {
  owner: string;
  requesterId: string;
  introduce: boolean;
}

/**
 * Gives the session that has been ready longest to a user, and ends every way into it from before. Claims at the same
 * moment pass each other by: none waits, and none gets what another has. One statement: this is the path that users
 * feel.
 */
export async function claimWarm(
  tx: Tx,
  { id, revision }: Pick<ClaimTemplate, "id" | "revision">,
  { owner, requesterId, introduce }: Claimer,
): Promise<SessionRow | undefined> {
  const { rows } = await sql<SessionRow>`
    WITH claimed AS (
    UPDATE session s
    SET state = 'active', owner = ${owner}, requester_id = ${requesterId}, introduce = ${introduce},
      claimed_at = now(), last_activity_at = now(), expires_at = now() + t.life_seconds * interval '1 second'
    FROM template t
    WHERE t.id = s.template_id AND s.id = (
      SELECT id FROM session
      WHERE template_id = ${id} AND state = 'warm' AND revision = ${revision}
      ORDER BY ready_at FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING s.*, t.name AS template, t.target, t.life_seconds, 0 AS ahead, 0 AS waited_seconds,
      NULL::float8 AS start_seconds, NULL::float8 AS launched_seconds, 0 AS launch_ahead,
      NULL::float8 AS bucket_tasks, NULL::float8 AS bucket_seconds
    ), dropped AS (DELETE FROM session_credential USING claimed WHERE session_id = claimed.id)
    SELECT * FROM claimed`.execute(tx);
  return rows[0];
}

/** Gives a session that is being started for the pool to a user who would have to wait longer for a new one. */
export async function claimStarting(
  tx: Tx,
  { id, revision }: Pick<ClaimTemplate, "id" | "revision">,
  { owner, requesterId, introduce }: Claimer,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    UPDATE session s
    SET owner = ${owner}, requester_id = ${requesterId}, introduce = ${introduce}, missed = true,
      claimed_at = now(), last_activity_at = now(), expires_at = now() + t.life_seconds * interval '1 second'
    FROM template t
    WHERE t.id = s.template_id AND s.id = (
      SELECT id FROM session
      WHERE template_id = ${id} AND state IN ('requested', 'starting') AND owner IS NULL AND revision = ${revision}
      ORDER BY starting_at NULLS LAST, id FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING s.id`.execute(tx);
  return rows[0]?.id;
}

/** The row of a session that has to be started for a user: the intent, before anything is. */
export async function insertRequested(
  tx: Tx,
  id: string,
  template: Pick<ClaimTemplate, "id" | "revision">,
  { owner, requesterId, introduce }: Claimer,
): Promise<void> {
  await sql`
    INSERT INTO session (id, organization_id, project_id, template_id, revision, state, owner, requester_id, introduce,
      missed, claimed_at, last_activity_at, expires_at)
    SELECT ${id}, organization_id, project_id, id, ${template.revision}, 'requested', ${owner}, ${requesterId},
      ${introduce}, true, now(), now(), now() + life_seconds * interval '1 second'
    FROM template WHERE id = ${template.id}`.execute(tx);
}

export async function keepClaimSecrets(tx: Tx, id: string, secrets: Buffer): Promise<void> {
  await tx.updateTable("session").set({ claim_secrets: secrets }).where("id", "=", id).execute();
}

export interface SessionRow extends Selectable<Schema["session"]> {
  template: string;
  target: "process" | "docker" | "ecs";
  life_seconds: number;
  /** Users of the template who have waited longer. */
  ahead: number;
  waited_seconds: number;
  start_seconds: number | null;
  /** Since its start was made, where starts are limited; null: it was not. */
  launched_seconds: number | null;
  /** Users of the target whose starts were asked for before and not made. */
  launch_ahead: number;
  /** Starts that were left at the target when somebody last took some; null: nobody did. */
  bucket_tasks: number | null;
  bucket_seconds: number | null;
}

export interface SessionFilter {
  organizationId: string;
  /** null: all of the organization. */
  projects: string[] | null;
  /** Only this user's; null: everybody's, and the pool's. */
  owner: string | null;
  id?: string;
  template?: string;
  state?: SessionState;
  live?: boolean;
  /** Where launches are limited. Default: nowhere. */
  launchPlace?: string;
  /** Ids below this one. */
  below?: string;
  limit: number;
}

/** Newest first. */
export async function listSessions(db: Db | Tx, filter: SessionFilter): Promise<SessionRow[]> {
  const conditions = [sql`s.organization_id = ${filter.organizationId}`];
  if (filter.projects) conditions.push(sql`s.project_id = ANY(${filter.projects}::text[])`);
  if (filter.owner !== null) conditions.push(sql`s.owner = ${filter.owner}`);
  if (filter.id) conditions.push(sql`s.id = ${filter.id}`);
  if (filter.template) conditions.push(sql`t.name = ${filter.template}`);
  if (filter.state) conditions.push(sql`s.state = ${filter.state}`);
  if (filter.live !== undefined)
    conditions.push(
      filter.live ? sql`s.state NOT IN ('stopped', 'failed')` : sql`s.state IN ('stopped', 'failed')`,
    );
  if (filter.below) conditions.push(sql`s.id < ${filter.below}`);
  const { rows } = await sql<SessionRow>`
    SELECT s.*, t.name AS template, t.target, t.life_seconds, coalesce(waiting.ahead, 0)::int AS ahead,
      coalesce(extract(epoch FROM now() - s.claimed_at), 0)::float8 AS waited_seconds, waiting.start_seconds,
      CASE WHEN b.launched_at <= now() THEN extract(epoch FROM now() - b.launched_at)::float8 END AS launched_seconds,
      coalesce(line.ahead, 0)::int AS launch_ahead, bucket.tasks AS bucket_tasks,
      extract(epoch FROM now() - bucket.refilled_at)::float8 AS bucket_seconds
    FROM session s
    JOIN template t ON t.id = s.template_id
    LEFT JOIN LATERAL (
      SELECT (SELECT count(*) FROM session o
          WHERE o.template_id = s.template_id AND o.state IN ('requested', 'starting') AND o.owner IS NOT NULL
            AND (o.claimed_at, o.id) < (s.claimed_at, s.id)) AS ahead,
        ${startSeconds(sql`s.template_id`)} AS start_seconds
    ) waiting ON s.owner IS NOT NULL AND s.state IN ('requested', 'starting')
    LEFT JOIN session_batch b ON b.id = s.batch_id
    LEFT JOIN launch_bucket bucket ON t.target = 'ecs' AND bucket.place = ${filter.launchPlace ?? null}
    LEFT JOIN LATERAL (
      SELECT count(*) AS ahead
      FROM session o JOIN template ot ON ot.id = o.template_id LEFT JOIN session_batch ob ON ob.id = o.batch_id
      WHERE ot.target = t.target AND o.state IN ('requested', 'starting') AND o.owner IS NOT NULL
        AND ob.launched_at IS NULL AND (o.claimed_at, o.id) < (s.claimed_at, s.id)
    ) line ON t.target = 'ecs' AND s.owner IS NOT NULL AND s.state IN ('requested', 'starting')
    WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY s.id DESC LIMIT ${filter.limit}`.execute(db);
  return rows;
}

/** What nine in ten of the newest starts took at most; null for fewer than three. */
export function startSeconds(templateId: ReturnType<typeof sql>) {
  return sql`(
    SELECT CASE WHEN count(*) >= 3 THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) END::float8
    FROM (
      SELECT extract(epoch FROM ready_at - coalesce(b.launched_at, s.created_at)) AS seconds
      FROM session s LEFT JOIN session_batch b ON b.id = s.batch_id
      WHERE s.template_id = ${templateId} AND ready_at > now() - interval '2 hours'
      ORDER BY ready_at DESC LIMIT 100) starts)`;
}

/** The session, held until the transaction ends. */
export async function lockSession(tx: Tx, organizationId: string, id: string) {
  return tx
    .selectFrom("session")
    .innerJoin("template", "template.id", "session.template_id")
    .selectAll("session")
    .select(["template.life_seconds", "template.name as template"])
    .where("session.organization_id", "=", organizationId)
    .where("session.id", "=", id)
    .forUpdate("session")
    .executeTakeFirst();
}

/**
 * Ends a session as far as the ledger goes: its address and all that opens it die with this transaction, the rest
 * is its stack's. One that nothing was started for is over at once. False when it was ending already.
 */
export async function endSession(tx: Tx, id: string, reason: SessionEnd): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    UPDATE session SET reason = ${reason}, claim_secrets = NULL, introduce = false, stopping_at = now(),
      state = CASE state WHEN 'requested' THEN 'stopped' ELSE 'stopping' END,
      ended_at = CASE state WHEN 'requested' THEN now() END
    WHERE id = ${id} AND state = ANY(${statesBefore("stop")}::text[])
    RETURNING id`.execute(tx);
  await dropCredentials(tx, id);
  return rows.length > 0;
}

/** Everything that opened it until now opens it no more. */
export async function dropCredentials(tx: Tx, sessionId: string): Promise<void> {
  await tx.deleteFrom("session_credential").where("session_id", "=", sessionId).execute();
}

/** From now, at most as long as its template says. False when it is not a user's any more. */
export async function extendSession(tx: Tx, id: string, seconds: number): Promise<boolean> {
  const { rows } = await sql`
    UPDATE session SET expires_at = now() + ${seconds} * interval '1 second', last_activity_at = now()
    WHERE id = ${id} AND owner IS NOT NULL AND state IN ('requested', 'starting', 'active') AND expires_at > now()
    RETURNING id`.execute(tx);
  return rows.length > 0;
}
