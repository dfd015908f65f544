import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import { newId } from "../../automation-api/db/id.ts";
import { type Db, transaction } from "../../automation-api/db/transaction.ts";
import * as queries from "../../automation-api/sessions/queries.ts";
import type { Client } from "../../test/support/client.ts";

/** Members of a pool that are ready, as far as the ledger goes: a claim asks nothing else. */
export async function fillPool(db: Db, template: string, count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => newId("ses"));
  await sql`
    INSERT INTO session (id, organization_id, project_id, template_id, revision, state, address, port, place, ready_at)
    SELECT ids.id, t.organization_id, t.project_id, t.id, t.revision, 'warm', '127.1.1.1', 8080, 'bench', clock_timestamp()
    FROM template t, unnest(${ids}::text[]) AS ids(id) WHERE t.name = ${template}`.execute(db);
}

/** An account may change things a hundred times a second: several backends ask. */
export function backendTokens(admin: Client): Promise<string[]> {
  return Promise.all(
    [1, 2, 3, 4].map(async (number) => {
      const { id } = await admin.call<{ id: string }>("POST", "/api/v1/accounts", {
        name: `backend-${number}`,
        kind: "service",
        roles: [{ role: "admin" }],
      });
      const body = { name: "bench", account: id };
      return (await admin.call<{ token: string }>("POST", "/api/v1/tokens", body)).token;
    }),
  );
}

/**
 * Asks at a steady rate, whether earlier answers have come or not.
 * @returns milliseconds of each, from the moment at which it was due
 */
export async function atRate(
  perSecond: number,
  seconds: number,
  ask: (index: number) => Promise<void>,
): Promise<number[]> {
  const count = perSecond * seconds;
  const took: number[] = [];
  const began = performance.now();
  const asked: Promise<void>[] = [];
  for (let index = 0; index < count; index++) {
    const due = began + (index * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 1) await wait(early);
    asked.push(ask(index).then(() => void took.push(performance.now() - due)));
  }
  await Promise.all(asked);
  return took;
}

/** One claim over HTTP, with login, quota, audit and the rotation of credentials. */
export function claimOverHttp(
  url: string,
  tokens: string[],
  template: string,
): (index: number) => Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  return (index) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ template, user: `user-${index}` });
      const request = http.request(`${url}/api/v1/sessions`, {
        method: "POST",
        agent,
        headers: {
          authorization: `Bearer ${tokens[index % tokens.length]}`,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
        },
      });
      request.once("error", reject);
      request.once("response", (response) => {
        response.resume();
        response.once("end", () =>
          response.statusCode === 201 ? resolve() : reject(new Error(`a claim got ${response.statusCode}`)),
        );
      });
      request.end(body);
    });
}

/** The same claim as the database alone sees it. */
export function claimBare(
  db: Db,
  template: queries.ClaimTemplate,
  requesterId: string,
): (index: number) => Promise<void> {
  return (index) =>
    transaction(db, async (tx) => {
      const owner = `bare-${index}`;
      await queries.lockQuota(tx, template.project_id, owner);
      await queries.countOwned(tx, template.project_id, owner);
      const claimed = await queries.claimWarm(tx, template, { owner, requesterId, introduce: false });
      if (!claimed) throw new Error("the pool is empty");
    });
}
