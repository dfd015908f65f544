import { hashToken, mintToken } from "../access/service.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import type { Tx } from "../db/transaction.ts";
import * as events from "../events/service.ts";
import type { FileChanges } from "./data-files.ts";
import * as queries from "./ending-queries.ts";

const interrupted =
  "The deployment was running when the backup was taken that this server was restored from: how it ended is not known. Run a refresh to see what exists.";

/** What was under way in the restored rows and is over now. */
export interface EndedWork {
  failedDeployments: number;
  endedLeases: number;
}

/** Ends everything that belongs to processes of the old installation. Queued deployments stay queued. */
export async function endOpenWork(tx: Tx): Promise<EndedWork> {
  const failed = await queries.failRunning(tx, interrupted);
  for (const deployment of failed) {
    await events.append(tx, deployment.id, [
      { kind: "state", data: { state: "failed", error: interrupted } },
    ]);
    await events.end(tx, deployment.id);
    const requester = {
      kind: "system" as const,
      accountId: deployment.requester_id,
      name: deployment.requester,
      organizationId: deployment.organization_id,
      organizationName: deployment.organization,
      bindings: [],
    };
    await record(tx, requester, {
      action: `deployment.${deployment.operation}`,
      object: deployment.id,
      phase: "result",
      result: "failed",
      requestId: deployment.request_id,
    });
  }
  const endedLeases = await queries.endLeases(tx);
  await queries.endWorkers(tx);
  await queries.dropOpenRequests(tx);
  return { failedDeployments: failed.length, endedLeases };
}

/** The admin token that takes the place of the revoked ones. Show it on a terminal only. */
export interface NewToken {
  organization: string;
  account: string;
  /** Absent when the settings gave it. */
  token?: string;
  /** 0600 file that holds it. */
  file?: string;
}

/**
 * Revokes every API token: one that was revoked after the backup was taken
 * must not come back to life. An admin of each organization gets a new one.
 * @param given by the settings, for the first organization.
 */
export async function endTokens(
  tx: Tx,
  files: FileChanges,
  given: string | undefined,
): Promise<{ tokens: NewToken[]; revokedTokens: number }> {
  const revokedTokens = await queries.revokeTokens(tx);
  const tokens: NewToken[] = [];
  for (const [index, admin] of (await queries.findAdmins(tx)).entries()) {
    const { organization, name: account } = admin;
    const id = newId("tok");
    const own = index === 0 ? given : undefined;
    const minted = own ? { token: own, hash: hashToken(own), prefix: "given" } : mintToken(id);
    const { token, hash, prefix } = minted;
    await queries.insertToken(tx, { id, account_id: admin.id, name: "restored admin", hash, prefix });
    if (own) {
      tokens.push({ organization, account });
      continue;
    }
    const name = index === 0 ? "admin-token" : `admin-token-${organization}`;
    tokens.push({ organization, account, token, file: await files.put(name, Buffer.from(`${token}\n`)) });
  }
  return { tokens, revokedTokens };
}
