import { sql } from "kysely";
import type { Db, Tx } from "../db/transaction.ts";

export type CredentialKind = "identity" | "ticket" | "access";

/**
 * Makes a way into a session that is a user's; false when it is not, any more, or when its workload knows by now whom
 * it works for.
 */
export async function insertCredential(
  db: Db | Tx,
  given: { hash: Buffer; sessionId: string; kind: CredentialKind; tokenId: string | null; seconds: number },
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO session_credential (hash, session_id, kind, token_id, expires_at)
    SELECT ${given.hash}, id, ${given.kind}, ${given.tokenId}, now() + ${given.seconds} * interval '1 second'
    FROM session WHERE id = ${given.sessionId} AND state = 'active' AND (introduce OR ${given.kind} <> 'identity')
    FOR SHARE
    RETURNING session_id`.execute(db);
  return rows.length > 0;
}

/** Takes a single-use credential away, so that it works once: false when there is none, or it is too old. */
export async function takeCredential(
  tx: Tx,
  given: { hash: Buffer; sessionId: string; kind: CredentialKind },
): Promise<{ tokenId: string | null } | undefined> {
  const { rows } = await sql<{ tokenId: string | null; alive: boolean }>`
    DELETE FROM session_credential
    WHERE hash = ${given.hash} AND session_id = ${given.sessionId} AND kind = ${given.kind}
    RETURNING token_id AS "tokenId", expires_at > now() AS alive`.execute(tx);
  return rows[0]?.alive ? rows[0] : undefined;
}

export interface IdentityRow {
  owner: string;
  expires_at: Date;
  claim_secrets: Buffer | null;
}

/**
 * What the workload of a session is told; the secrets are given out with this, and kept no longer. A slow one may have
 * been handed several tokens: with the first that it uses the others end.
 */
export async function takeIdentity(tx: Tx, sessionId: string): Promise<IdentityRow | undefined> {
  const { rows } = await sql<IdentityRow>`
    WITH dropped AS (DELETE FROM session_credential WHERE session_id = ${sessionId} AND kind = 'identity')
    UPDATE session s SET claim_secrets = NULL, introduce = false
    FROM (SELECT id, claim_secrets FROM session WHERE id = ${sessionId} AND state = 'active' FOR UPDATE) before
    WHERE s.id = before.id
    RETURNING s.owner, s.expires_at, before.claim_secrets`.execute(tx);
  return rows[0];
}

export interface Introduction {
  id: string;
  address: string;
  port: number;
  path: string;
}

/** Sessions whose workload has not fetched yet whom it works for. */
export async function listIntroductions(db: Db, limit: number, id?: string): Promise<Introduction[]> {
  const { rows } = await sql<Introduction>`
    SELECT s.id, s.address, s.port, r.workload->>'introducePath' AS path
    FROM session s JOIN template_revision r ON r.template_id = s.template_id AND r.revision = s.revision
    WHERE s.introduce AND s.state = 'active' AND s.address IS NOT NULL
      ${id === undefined ? sql`` : sql`AND s.id = ${id}`}
    LIMIT ${limit}`.execute(db);
  return rows;
}

export async function dropExpiredCredentials(db: Db): Promise<void> {
  await sql`DELETE FROM session_credential WHERE expires_at < now()`.execute(db);
}
