import { readdirSync } from "node:fs";
import { sql } from "kysely";
import type { Db } from "../../automation-api/db/transaction.ts";
import { decodeContent } from "../../automation-api/state-backend/content.ts";
import { findFaults } from "../../automation-api/state-backend/integrity.ts";

/**
 * What must hold whenever no deployment is under way, whatever was killed
 * before. Each violation is one line; none is what a test wants.
 */
export async function findViolations(db: Db): Promise<string[]> {
  const checks = [openDeployments, heldStacks, orderPerStack, streamGaps, streamEnds, states, auditResults];
  const found = await Promise.all(checks.map((check) => check(db)));
  return found.flat();
}

async function rows(db: Db, statement: ReturnType<typeof sql<{ line: string }>>): Promise<string[]> {
  return (await statement.execute(db)).rows.map(({ line }) => line);
}

const openDeployments = (db: Db) =>
  rows(
    db,
    sql<{
      line: string;
    }>`SELECT 'deployment ' || id || ' is ' || state AS line FROM deployment WHERE state IN ('queued', 'running')`,
  );

const heldStacks = (db: Db) =>
  rows(
    db,
    sql<{ line: string }>`
    SELECT 'stack ' || s.name || ' is held by update ' || u.id || ' (' || u.state || ')' AS line
    FROM stack s JOIN stack_update u ON u.id = s.active_update_id WHERE u.state = 'running'`,
  );

/** Deployments of a stack begin in the order of their rows, and none before the one before it has ended. */
const orderPerStack = (db: Db) =>
  rows(
    db,
    sql<{ line: string }>`
    SELECT 'deployment ' || id || ' began before ' || before || ' had ended' AS line
    FROM (
      SELECT id, started_at, lag(id) OVER w AS before, lag(ended_at) OVER w AS before_ended
      FROM deployment WHERE started_at IS NOT NULL
      WINDOW w AS (PARTITION BY stack_id ORDER BY sequence)) AS ordered
    WHERE started_at < before_ended`,
  );

const streamGaps = (db: Db) =>
  rows(
    db,
    sql<{ line: string }>`
    SELECT 'stream ' || s.id || ' has ' || count(e.sequence) || ' events up to ' || s.last_sequence AS line
    FROM event_stream s LEFT JOIN event e ON e.stream_id = s.id
    GROUP BY s.id, s.last_sequence
    HAVING count(e.sequence) <> s.last_sequence OR coalesce(max(e.sequence), 0) <> s.last_sequence`,
  );

const streamEnds = (db: Db) =>
  rows(
    db,
    sql<{ line: string }>`
    SELECT 'stream ' || s.id || ' of an ended deployment is open' AS line
    FROM event_stream s JOIN deployment d ON d.id = s.id
    WHERE NOT s.ended AND d.state NOT IN ('queued', 'running')`,
  );

/** Each deployment that ended has exactly one result row. */
const auditResults = (db: Db) =>
  rows(
    db,
    sql<{ line: string }>`
    SELECT 'deployment ' || d.id || ' has ' || count(a.id) || ' audit results' AS line
    FROM deployment d
    LEFT JOIN audit a ON a.object = d.id AND a.phase = 'result'
    WHERE d.state NOT IN ('queued', 'running')
    GROUP BY d.id HAVING count(a.id) <> 1`,
  );

/** Every newest version passes the rules that the engine itself checks. */
async function states(db: Db): Promise<string[]> {
  const { rows: newest } = await sql<{ name: string; bytes: Buffer }>`
    SELECT s.name, c.bytes FROM stack s
    JOIN checkpoint k ON k.stack_id = s.id AND k.version = s.version
    JOIN checkpoint_content c ON c.hash = k.content_hash`.execute(db);
  const found = await Promise.all(
    newest.map(async ({ name, bytes }) => {
      return findFaults(await decodeContent(bytes)).map((fault) => `stack ${name}: ${JSON.stringify(fault)}`);
    }),
  );
  return found.flat();
}

/** Every process of this machine (Linux). */
export function processIds(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
