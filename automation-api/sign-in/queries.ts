import { sql } from "kysely";
import type { Db, Tx } from "../db/transaction.ts";

/** Also forgets those who never came back. */
export async function insertAttempt(
  db: Db,
  attempt: { stateHash: Buffer; browserHash: Buffer; returnTo: string },
  seconds: number,
): Promise<void> {
  await sql`DELETE FROM sign_in_attempt WHERE expires_at < now()`.execute(db);
  await sql`
    INSERT INTO sign_in_attempt (state_hash, browser_hash, return_to, expires_at)
    VALUES (${attempt.stateHash}, ${attempt.browserHash}, ${attempt.returnTo},
      now() + ${seconds} * interval '1 second')`.execute(db);
}

/** Takes an attempt away, so that its state works once, and in the browser that began it only. */
export async function takeAttempt(
  db: Db,
  attempt: { stateHash: Buffer; browserHash: Buffer },
): Promise<{ returnTo: string } | undefined> {
  const { rows } = await sql<{ returnTo: string; alive: boolean }>`
    DELETE FROM sign_in_attempt WHERE state_hash = ${attempt.stateHash} AND browser_hash = ${attempt.browserHash}
    RETURNING return_to AS "returnTo", expires_at > now() AS alive`.execute(db);
  return rows[0]?.alive ? rows[0] : undefined;
}

export async function isKnown(db: Db, hash: Buffer): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM token WHERE hash = ${hash}`.execute(db);
  return rows.length > 0;
}

/** A browser that is signed in, for so many seconds at most. */
export async function insertSignIn(
  tx: Tx,
  tokenId: string,
  refreshToken: Buffer | null,
  seconds: number,
): Promise<void> {
  await sql`
    INSERT INTO sign_in (token_id, refresh_token, ends_at)
    VALUES (${tokenId}, ${refreshToken}, now() + ${seconds}::float8 * interval '1 second')`.execute(tx);
}

/** Ends a sign-in and forgets what asks for it; false when there is none, or it was ended before. */
export async function endSignIn(tx: Tx, tokenId: string): Promise<boolean> {
  const { rows } = await sql`
    UPDATE token SET revoked_at = now()
    WHERE id = ${tokenId} AND kind = 'browser' AND revoked_at IS NULL RETURNING 1`.execute(tx);
  await sql`DELETE FROM sign_in WHERE token_id = ${tokenId}`.execute(tx);
  return rows.length > 0;
}

export interface DueSignIn {
  tokenId: string;
  refreshToken: Buffer;
  endsAt: Date;
  accountId: string;
  name: string;
  issuer: string;
  subject: string;
}

/**
 * One that the issuer was not asked about for `checkSeconds`, and that was used within `idleSeconds`; nobody else
 * gets it for a minute. An account that was disabled here is not asked about.
 */
export async function claimDue(
  db: Db,
  checkSeconds: number,
  idleSeconds: number,
): Promise<DueSignIn | undefined> {
  const { rows } = await sql<DueSignIn>`
    WITH due AS (
      SELECT s.token_id FROM sign_in s JOIN token t ON t.id = s.token_id
        JOIN account a ON a.id = t.account_id
      WHERE s.refresh_token IS NOT NULL AND t.revoked_at IS NULL AND t.expires_at > now() AND a.disabled_at IS NULL
        AND s.checked_at < now() - ${checkSeconds}::float8 * interval '1 second'
        AND coalesce(s.checking_at < now() - interval '1 minute', true)
        AND coalesce(t.last_used_at, t.created_at) > now() - ${idleSeconds}::float8 * interval '1 second'
      ORDER BY s.checked_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED
    ), claimed AS (
      UPDATE sign_in SET checking_at = now() WHERE token_id IN (SELECT token_id FROM due)
      RETURNING token_id, refresh_token, ends_at)
    SELECT claimed.token_id AS "tokenId", claimed.refresh_token AS "refreshToken", claimed.ends_at AS "endsAt",
      account.id AS "accountId", account.name, identity.issuer, identity.subject
    FROM claimed JOIN token ON token.id = claimed.token_id JOIN account ON account.id = token.account_id
      JOIN identity ON identity.account_id = account.id`.execute(db);
  return rows[0];
}

/** Notes that the issuer still knows the person. */
export async function noteCheck(tx: Tx, tokenId: string, refreshToken: Buffer): Promise<void> {
  await sql`
    UPDATE sign_in SET checked_at = now(), checking_at = NULL, refresh_token = ${refreshToken}
    WHERE token_id = ${tokenId}`.execute(tx);
}
