import { type Insertable, type Selectable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { Permission, Role, RoleBinding } from "./permissions.ts";

/** What is needed to make a principal from a token, also a dead one, so that its holder learns why. */
export interface TokenHolder {
  tokenId: string;
  accountId: string;
  name: string;
  organizationId: string;
  organizationName: string;
  bindings: RoleBinding[];
  scopes: Permission[] | null;
  revoked: boolean;
  expired: boolean;
  /** Whoever signs in at an issuer has not done so for too long. */
  unseen: boolean;
  disabled: boolean;
  /** Milliseconds to live by the database's clock; null: for ever. */
  livesMs: number | null;
  /** Whether a minute has gone by since the last use was noted. */
  useIsOld: boolean;
}

const bindingsOf = (accountId: string) => sql`(
  SELECT coalesce(json_agg(json_build_object('role', role, 'projectId', project_id)), '[]')
  FROM role_binding WHERE role_binding.account_id = ${sql.ref(accountId)})`;

function selectHolders(condition: ReturnType<typeof sql>) {
  return sql<TokenHolder>`
    SELECT token.id AS "tokenId", account.id AS "accountId", account.name,
      organization.id AS "organizationId", organization.name AS "organizationName",
      ${bindingsOf("account.id")} AS bindings, token.scopes,
      token.revoked_at IS NOT NULL AS revoked,
      coalesce(token.expires_at <= now(), false) AS expired,
      coalesce(identity.good_until <= now(), false) AS unseen,
      account.disabled_at IS NOT NULL AS disabled,
      (extract(epoch FROM least(token.expires_at, identity.good_until) - now()) * 1000)::float8 AS "livesMs",
      coalesce(token.last_used_at < now() - interval '1 minute', true) AS "useIsOld"
    FROM token JOIN account ON account.id = token.account_id
      JOIN organization ON organization.id = account.organization_id
      LEFT JOIN identity ON identity.account_id = account.id
    WHERE ${condition}`;
}

export async function findHolder(db: Db, hash: Buffer): Promise<TokenHolder | undefined> {
  return (await selectHolders(sql`token.hash = ${hash}`).execute(db)).rows[0];
}

export async function findHolders(db: Db, tokenIds: string[]): Promise<TokenHolder[]> {
  return (await selectHolders(sql`token.id = ANY (${tokenIds})`).execute(db)).rows;
}

export interface EngineHolder {
  deploymentId: string;
  stackId: string;
  epoch: number;
  accountId: string;
  name: string;
  organizationId: string;
  organizationName: string;
  bindings: RoleBinding[];
}

/**
 * The running deployment whose engine holds this token. A requester who was
 * disabled meanwhile has no bindings left, yet the engine may end its own update.
 */
export async function findEngine(db: Db, hash: Buffer): Promise<EngineHolder | undefined> {
  const found = await sql<EngineHolder>`
    SELECT deployment.id AS "deploymentId", stack_id AS "stackId", epoch, account.id AS "accountId",
      account.name, organization.id AS "organizationId", organization.name AS "organizationName",
      CASE WHEN account.disabled_at IS NULL THEN ${bindingsOf("account.id")} ELSE '[]' END AS bindings
    FROM deployment JOIN account ON account.id = deployment.requester_id
      JOIN organization ON organization.id = deployment.organization_id
    WHERE token_hash = ${hash} AND state = 'running'`.execute(db);
  return found.rows[0];
}

export async function noteUse(db: Db, tokenId: string): Promise<void> {
  await db
    .updateTable("token")
    .set({ last_used_at: sql<Date>`now()` })
    .where("id", "=", tokenId)
    .where(sql<boolean>`coalesce(last_used_at < now() - interval '1 minute', true)`)
    .execute();
}

export async function insertToken(
  tx: Tx,
  row: Omit<Insertable<Schema["token"]>, "expires_at">,
  lifeDays: number | null,
) {
  return tx
    .insertInto("token")
    .values({ ...row, expires_at: sql<Date | null>`now() + ${lifeDays}::float8 * interval '1 day'` })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type TokenRow = Selectable<Schema["token"]> & { account_name: string };

/** Newest first, below the id `before`. */
export async function listTokens(
  db: Db,
  accountId: string,
  limit: number,
  before?: string,
): Promise<TokenRow[]> {
  return db
    .selectFrom("token")
    .innerJoin("account", "account.id", "token.account_id")
    .selectAll("token")
    .select("account.name as account_name")
    .where("account_id", "=", accountId)
    .$if(before !== undefined, (query) => query.where("token.id", "<", before as string))
    .orderBy("token.id", "desc")
    .limit(limit + 1)
    .execute();
}

export async function findToken(db: Db, organizationId: string, id: string): Promise<TokenRow | undefined> {
  return db
    .selectFrom("token")
    .innerJoin("account", "account.id", "token.account_id")
    .selectAll("token")
    .select("account.name as account_name")
    .where("token.id", "=", id)
    .where("organization_id", "=", organizationId)
    .executeTakeFirst();
}

/** False when it was revoked before. */
export async function revokeToken(tx: Tx, id: string): Promise<boolean> {
  const done = await tx
    .updateTable("token")
    .set({ revoked_at: sql<Date>`now()` })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return done.numUpdatedRows > 0n;
}

export async function insertTicket(db: Db, hash: Buffer, tokenId: string, seconds: number): Promise<void> {
  await db.deleteFrom("ticket").where("expires_at", "<", sql<Date>`now()`).execute();
  await db
    .insertInto("ticket")
    .values({ hash, token_id: tokenId, expires_at: sql<Date>`now() + ${seconds} * interval '1 second'` })
    .execute();
}

/** Takes the ticket away, so that it works once; undefined when there is none or it is too old. */
export async function takeTicket(db: Db, hash: Buffer): Promise<string | undefined> {
  const taken = await db
    .deleteFrom("ticket")
    .where("hash", "=", hash)
    .returning(["token_id", sql<boolean>`expires_at > now()`.as("alive")])
    .executeTakeFirst();
  return taken?.alive ? taken.token_id : undefined;
}

export interface AccountRow {
  id: string;
  name: string;
  kind: "person" | "service";
  created_at: Date;
  disabled_at: Date | null;
  /** Whom an issuer calls so; null: nobody that signs in at one. */
  identity: { issuer: string; subject: string } | null;
  roles: { role: Role; projectId: string | null; project: string | null }[];
}

const accountColumns = sql`
  account.id, account.name, account.kind, account.created_at, account.disabled_at, (
    SELECT json_build_object('issuer', issuer, 'subject', subject) FROM identity
    WHERE identity.account_id = account.id) AS identity, (
    SELECT coalesce(json_agg(json_build_object('role', role, 'projectId', project.id, 'project', project.name)
      ORDER BY project.name NULLS FIRST), '[]')
    FROM role_binding LEFT JOIN project ON project.id = role_binding.project_id
    WHERE role_binding.account_id = account.id) AS roles`;

/** Oldest first, after the id `after`. */
export async function listAccounts(
  db: Db,
  organizationId: string,
  limit: number,
  after = "",
): Promise<AccountRow[]> {
  const found = await sql<AccountRow>`
    SELECT ${accountColumns} FROM account
    WHERE organization_id = ${organizationId} AND id > ${after} ORDER BY id LIMIT ${limit + 1}`.execute(db);
  return found.rows;
}

export async function findAccount(
  db: Db,
  organizationId: string,
  id: string,
): Promise<AccountRow | undefined> {
  const found = await sql<AccountRow>`
    SELECT ${accountColumns} FROM account WHERE organization_id = ${organizationId} AND id = ${id}`.execute(
    db,
  );
  return found.rows[0];
}

/** False when the name is taken. */
export async function insertAccount(tx: Tx, row: Insertable<Schema["account"]>): Promise<boolean> {
  const done = await tx
    .insertInto("account")
    .values(row)
    .onConflict((conflict) => conflict.columns(["organization_id", "name"]).doNothing())
    .executeTakeFirst();
  return (done.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function setDisabled(tx: Tx, id: string, disabled: boolean): Promise<void> {
  await tx
    .updateTable("account")
    .set({ disabled_at: disabled ? sql<Date>`coalesce(disabled_at, now())` : null })
    .where("id", "=", id)
    .execute();
}

export async function replaceBindings(tx: Tx, accountId: string, bindings: RoleBinding[]): Promise<void> {
  await tx.deleteFrom("role_binding").where("account_id", "=", accountId).execute();
  if (bindings.length === 0) return;
  await tx
    .insertInto("role_binding")
    .values(bindings.map(({ role, projectId }) => ({ account_id: accountId, project_id: projectId, role })))
    .execute();
}

/** Name to id of those projects that exist. */
export async function findProjects(
  db: Db,
  organizationId: string,
  names: string[],
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom("project")
    .select(["id", "name"])
    .where("organization_id", "=", organizationId)
    .where("name", "in", names)
    .execute();
  return new Map(rows.map((row) => [row.name, row.id]));
}

/** Enabled accounts that are admin of the whole organization. */
export async function countAdmins(tx: Tx, organizationId: string): Promise<number> {
  const { count } = await tx
    .selectFrom("account")
    .innerJoin("role_binding", "role_binding.account_id", "account.id")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("organization_id", "=", organizationId)
    .where("disabled_at", "is", null)
    .where("project_id", "is", null)
    .where("role", "=", "admin")
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Makes changes of the organization's accounts wait for one another. */
export async function lockOrganization(tx: Tx, organizationId: string): Promise<void> {
  await tx.selectFrom("organization").select("id").where("id", "=", organizationId).forUpdate().execute();
}

/** One first start at a time, over all processes. */
export async function lockFirstStart(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('roost first start'))`.execute(tx);
}

export async function findFirstOrganization(db: Db) {
  return db
    .selectFrom("organization")
    .select(["id", "name"])
    .orderBy("created_at")
    .orderBy("id")
    .executeTakeFirst();
}

export async function insertOrganization(tx: Tx, id: string, name: string): Promise<void> {
  await tx.insertInto("organization").values({ id, name }).execute();
}

/** The server's own account, which owns what nobody asked for. */
export async function findServerAccount(
  db: Db,
  organizationId: string,
  name: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("account")
    .select("id")
    .where("organization_id", "=", organizationId)
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.id;
}
