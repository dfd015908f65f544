import { sql } from "kysely";
import type { Db } from "../db/transaction.ts";

export async function ping(db: Db): Promise<void> {
  await sql`SELECT 1`.execute(db);
}

export async function readServerVersion(db: Db): Promise<string> {
  const found = await sql<{ version: string }>`SELECT current_setting('server_version') AS version`.execute(
    db,
  );
  return found.rows[0]?.version ?? "";
}

export async function readSchemaVersion(db: Db): Promise<string> {
  const found = await sql<{ name: string }>`SELECT max(name) AS name FROM kysely_migration`.execute(db);
  return found.rows[0]?.name ?? "";
}

export async function readDatabaseBytes(db: Db): Promise<number> {
  const found = await sql<{ bytes: string }>`SELECT pg_database_size(current_database()) AS bytes`.execute(
    db,
  );
  return Number(found.rows[0]?.bytes ?? 0);
}

/** Deployments by state: those that wait or run, and those that ended within 24 hours. `projectIds` null: all. */
export async function countDeployments(
  db: Db,
  organizationId?: string,
  projectIds: string[] | null = null,
): Promise<{ state: string; count: number }[]> {
  const found = await sql<{ state: string; count: number }>`
    SELECT state, count(*)::int AS count FROM deployment
    WHERE (state IN ('queued', 'running') OR ended_at > now() - interval '24 hours')
      AND (${organizationId ?? null}::text IS NULL OR organization_id = ${organizationId ?? null})
      AND (${projectIds}::text[] IS NULL OR project_id = ANY (${projectIds}))
    GROUP BY state ORDER BY state`.execute(db);
  return found.rows;
}

/** Age of the oldest deployment that waits, in seconds. */
export async function readQueueAge(db: Db): Promise<number> {
  const found = await sql<{ seconds: number }>`
    SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS seconds
    FROM deployment WHERE state = 'queued'`.execute(db);
  return found.rows[0]?.seconds ?? 0;
}

export interface WorkerRow {
  id: string;
  alive: boolean;
  slots: number;
  running: number;
  startedAt: Date;
  heartbeatAt: Date;
}

/** Workers that were not stopped in good order, and live or died within the hour. */
export async function listWorkers(db: Db, deathMs: number): Promise<WorkerRow[]> {
  const found = await sql<WorkerRow>`
    SELECT id, heartbeat_at > now() - ${deathMs} * interval '1 millisecond' AS alive, slots,
      (SELECT count(*)::int FROM deployment WHERE worker_id = worker.id AND state = 'running') AS running,
      started_at AS "startedAt", heartbeat_at AS "heartbeatAt"
    FROM worker WHERE stopped_at IS NULL AND heartbeat_at > now() - interval '1 hour'
    ORDER BY started_at`.execute(db);
  return found.rows;
}

/** Bytes of stored versions per stack, largest first; a content that versions share counts once. */
export async function listStackBytes(
  db: Db,
  limit: number,
  organizationId?: string,
): Promise<{ project: string; stack: string; bytes: number }[]> {
  const found = await sql<{ project: string; stack: string; bytes: number }>`
    SELECT project.name AS project, stack.name AS stack, sum(octet_length(content.bytes))::float8 AS bytes
    FROM (SELECT DISTINCT stack_id, content_hash FROM checkpoint) AS kept
      JOIN checkpoint_content AS content ON content.hash = kept.content_hash
      JOIN stack ON stack.id = kept.stack_id JOIN project ON project.id = stack.project_id
    WHERE ${organizationId ?? null}::text IS NULL OR organization_id = ${organizationId ?? null}
    GROUP BY stack.id, project.name ORDER BY bytes DESC LIMIT ${limit}`.execute(db);
  return found.rows;
}

export async function countUnsealedAudit(db: Db): Promise<number> {
  const found = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM audit
    WHERE at > now() - interval '1 hour' AND NOT EXISTS (SELECT 1 FROM audit_seal WHERE audit_id = audit.id)`.execute(
    db,
  );
  return found.rows[0]?.count ?? 0;
}

/** Sessions that are not over, by template and state. */
export async function countSessions(db: Db): Promise<{ template: string; state: string; count: number }[]> {
  const { rows } = await sql<{ template: string; state: string; count: number }>`
    SELECT t.name AS template, s.state, count(*)::int AS count
    FROM session s JOIN template t ON t.id = s.template_id
    WHERE s.state NOT IN ('stopped', 'failed') GROUP BY t.name, s.state`.execute(db);
  return rows;
}
