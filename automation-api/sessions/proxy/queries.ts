import { sql } from "kysely";
import type { Db, Tx } from "../../db/transaction.ts";

export interface Route {
  hash: Buffer;
  owner: string;
  address: string;
  port: number;
}

/**
 * The sessions that these cookies open now: the session is its user's, its time is not over, and the API token that
 * stood behind the ticket is still good.
 */
export async function findRoutes(db: Db, hashes: Buffer[], sessionId?: string): Promise<Route[]> {
  if (hashes.length === 0) return [];
  const { rows } = await sql<Route>`
    SELECT c.hash, s.owner, s.address, s.port
    FROM session_credential c
    JOIN session s ON s.id = c.session_id
    LEFT JOIN token t ON t.id = c.token_id
    LEFT JOIN account a ON a.id = t.account_id
    WHERE c.hash = ANY(${hashes}::bytea[]) AND c.kind = 'access' AND c.expires_at > now()
      AND s.state = 'active' AND s.expires_at > now() AND s.address IS NOT NULL
      AND (c.token_id IS NULL OR (t.revoked_at IS NULL AND coalesce(t.expires_at > now(), true) AND a.disabled_at IS NULL))
      ${sessionId === undefined ? sql`` : sql`AND s.id = ${sessionId}`}`.execute(db);
  return rows;
}

/** Makes the cookie that a ticket becomes; it lasts as long as the session, and no longer. */
export async function insertAccess(
  tx: Tx,
  given: { hash: Buffer; sessionId: string; tokenId: string | null; seconds: number },
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO session_credential (hash, session_id, kind, token_id, expires_at)
    SELECT ${given.hash}, id, 'access', ${given.tokenId}, now() + ${given.seconds} * interval '1 second'
    FROM session WHERE id = ${given.sessionId} AND state = 'active' FOR SHARE
    RETURNING session_id`.execute(tx);
  return rows.length > 0;
}

/** These were used within the last half minute. */
export async function noteActivity(db: Db, ids: string[]): Promise<void> {
  await sql`
    UPDATE session SET last_activity_at = now() WHERE id = ANY(${ids}::text[]) AND state = 'active'`.execute(
    db,
  );
}
