import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { record } from "../audit/service.ts";
import type { Settings } from "../config.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { hashToken, mintToken } from "./domain.ts";
import type { SystemPrincipal } from "./permissions.ts";
import * as queries from "./queries.ts";

/** Name of the server's own account: it has no token and no role. */
const serverAccount = "roost";

export interface FirstAdmin {
  organization: { id: string; name: string };
  /** False when the database had an organization already; then there is no token to show. */
  created: boolean;
  /** The admin token, when it was generated now. Print it only to a terminal. */
  token?: string;
  /** The 0600 file that holds the generated token. */
  file?: string;
  /** True when ROOST_ADMIN_TOKEN is set but is not (or no more) a token of this database. */
  givenTokenUnknown: boolean;
}

/** On first start: the organization, the account `admin`, and its token (given by the settings, or generated). */
export async function ensureFirstAdmin(
  db: Db,
  settings: Pick<Settings, "ROOST_ORGANIZATION" | "ROOST_ADMIN_TOKEN" | "ROOST_DATA_DIR">,
): Promise<FirstAdmin> {
  const given = settings.ROOST_ADMIN_TOKEN;
  return transaction(db, async (tx) => {
    await queries.lockFirstStart(tx);
    const existing = await queries.findFirstOrganization(tx);
    if (existing) {
      const holder = given ? await queries.findHolder(tx, hashToken(given)) : undefined;
      const usable = !given || (holder && !holder.revoked && !holder.expired && !holder.disabled);
      return { organization: existing, created: false, givenTokenUnknown: !usable };
    }
    const organization = { id: newId("org"), name: settings.ROOST_ORGANIZATION };
    const minted = await createFirst(tx, organization, given);
    const first: FirstAdmin = { organization, created: true, givenTokenUnknown: false };
    if (given) return first;
    // The file is there before the token works: a crash in between loses nothing that was shown to nobody.
    const file = path.join(settings.ROOST_DATA_DIR, "admin-token");
    await writePrivately(file, `${minted.token}\n`);
    return { ...first, token: minted.token, file };
  });
}

/** The server itself, for what no request asks for: the first deployment, expiry, retention. */
export async function systemPrincipal(
  db: Db,
  organization: { id: string; name: string },
): Promise<SystemPrincipal> {
  const accountId = await queries.findServerAccount(db, organization.id, serverAccount);
  if (!accountId) throw new Error(`The organization ${organization.name} has no account ${serverAccount}.`);
  return {
    kind: "system",
    accountId,
    name: serverAccount,
    organizationId: organization.id,
    organizationName: organization.name,
    bindings: [],
  };
}

async function createFirst(tx: Tx, organization: { id: string; name: string }, given: string | undefined) {
  const server = {
    id: newId("acc"),
    organization_id: organization.id,
    name: serverAccount,
    kind: "service" as const,
  };
  const admin = {
    id: newId("acc"),
    organization_id: organization.id,
    name: "admin",
    kind: "person" as const,
  };
  await queries.insertOrganization(tx, organization.id, organization.name);
  await queries.insertAccount(tx, server);
  await queries.insertAccount(tx, admin);
  await queries.replaceBindings(tx, admin.id, [{ role: "admin", projectId: null }]);
  const id = newId("tok");
  const minted = given ? { token: given, hash: hashToken(given), prefix: "given" } : mintToken(id);
  const { hash, prefix } = minted;
  await queries.insertToken(
    tx,
    { id, account_id: admin.id, name: "first admin", hash, prefix, scopes: null },
    null,
  );
  const principal = await systemPrincipal(tx, organization);
  const detail = { account: admin.name, token: id };
  await record(tx, principal, {
    action: "organization.create",
    object: organization.id,
    phase: "result",
    detail,
  });
  return minted;
}

async function writePrivately(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.new`;
  await writeFile(part, text, { mode: 0o600, flush: true });
  await rename(part, file);
}
