import { sql } from "kysely";
import type { Tx } from "../db/transaction.ts";
import type { Role } from "./permissions.ts";

interface Identity {
  issuer: string;
  subject: string;
}

export interface IdentityRow {
  accountId: string;
  name: string;
  /** In the whole organization. */
  role: Role | null;
  projectRoles: number;
  claimedAt: Date;
}

/** One sign-in of a person at a time, over all processes, so that two first ones make one account. */
export async function lockIdentity(tx: Tx, { issuer, subject }: Identity): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${issuer}\n${subject}`}, 0))`.execute(tx);
}

export async function findIdentity(tx: Tx, { issuer, subject }: Identity): Promise<IdentityRow | undefined> {
  const { rows } = await sql<IdentityRow>`
    SELECT account.id AS "accountId", account.name, identity.claimed_at AS "claimedAt",
      (SELECT role FROM role_binding WHERE account_id = account.id AND project_id IS NULL) AS role,
      (SELECT count(*)::int FROM role_binding
        WHERE account_id = account.id AND project_id IS NOT NULL) AS "projectRoles"
    FROM identity JOIN account ON account.id = identity.account_id
    WHERE issuer = ${issuer} AND subject = ${subject}`.execute(tx);
  return rows[0];
}

export async function insertIdentity(
  tx: Tx,
  { issuer, subject, claimedAt }: Identity & { claimedAt: Date },
  accountId: string,
  days: number,
): Promise<void> {
  await sql`
    INSERT INTO identity (issuer, subject, account_id, claimed_at, good_until)
    VALUES (${issuer}, ${subject}, ${accountId}, ${claimedAt}, now() + ${days}::float8 * interval '1 day')`.execute(
    tx,
  );
}

export async function noteIdentity(
  tx: Tx,
  { issuer, subject }: Identity,
  days: number,
  claimedAt: Date,
): Promise<void> {
  await sql`
    UPDATE identity SET claimed_at = ${claimedAt}, good_until = now() + ${days}::float8 * interval '1 day'
    WHERE issuer = ${issuer} AND subject = ${subject}`.execute(tx);
}

/** Roles in projects stay as they are. */
export async function setOrganizationRole(tx: Tx, accountId: string, role: Role | null): Promise<void> {
  await sql`DELETE FROM role_binding WHERE account_id = ${accountId} AND project_id IS NULL`.execute(tx);
  if (role === null) return;
  await tx.insertInto("role_binding").values({ account_id: accountId, project_id: null, role }).execute();
}

/** A token that ends by itself and was not made by POST /api/v1/tokens. False when it is known already. */
export async function insertPassingToken(
  tx: Tx,
  row: { id: string; accountId: string; name: string; hash: Buffer; prefix: string },
  kind: "bearer" | "browser",
  seconds: number,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    INSERT INTO token (id, account_id, name, hash, prefix, kind, expires_at)
    VALUES (${row.id}, ${row.accountId}, ${row.name}, ${row.hash}, ${row.prefix}, ${kind},
      now() + ${seconds}::float8 * interval '1 second')
    ON CONFLICT (hash) DO NOTHING`.execute(tx);
  return numAffectedRows > 0n;
}

/** Lets a token live for so long from now, but not beyond `endsAt`. */
export async function moveEnd(tx: Tx, id: string, seconds: number, endsAt: Date): Promise<void> {
  await sql`
    UPDATE token SET expires_at = least(${endsAt}, now() + ${seconds}::float8 * interval '1 second')
    WHERE id = ${id} AND revoked_at IS NULL`.execute(tx);
}
