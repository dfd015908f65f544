import { setTimeout as wait } from "node:timers/promises";
import { startEmbedded } from "../../automation-api/db/embedded.ts";
import { openDatabase } from "../../automation-api/db/pool.ts";
import type { Session } from "../../automation-api/sessions/contract.ts";
import { generator, pick } from "../../test/support/chaos.ts";
import { judgeClaims, readClaims } from "../../test/support/claim-history.ts";
import { Client } from "../../test/support/client.ts";
import { Cluster } from "../../test/support/cluster.ts";
import { backendTokens, fillPool } from "./claims.ts";

const replicas = 3;
/** Users who ask at the same time. */
const lanes = 12;
/** A server needs two seconds of its own to be there again: with kills any closer, most claims only wait. */
const betweenKillsMilliseconds = 10_000;

export interface ClaimsOutcome {
  /** Users who asked. */
  asked: number;
  /** Of them, who got an answer; the others are looked for in the ledger alone. */
  answered: number;
  kills: number;
  double: string[];
  lost: string[];
}

/**
 * Claims of a pool from three servers, one of which is killed with -9 every few seconds, and then what each user was
 * told is held against ledger and audit trail.
 * @param minutes that it may take: then as many as were made are judged
 */
export async function claimsUnderKills(count: number, minutes: number): Promise<ClaimsOutcome> {
  const cluster = await Cluster.open({ ROOST_WORKERS: "0" });
  try {
    for (let number = 0; number < replicas; number++) await cluster.add("server");
    const embedded = await startEmbedded({ folder: cluster.folder });
    const { db, close } = openDatabase(embedded.connection, 2);
    try {
      const admin = new Client(() => cluster.url, await cluster.token());
      await admin.call("POST", "/api/v1/templates", { name: "desk", workload: { command: ["true"] } });
      const tokens = await backendTokens(admin);
      await fillPool(db, "desk", count);
      const ending = new AbortController();
      const asked = new Set<string>();
      const progress = setInterval(() => console.log(`${asked.size} of ${count} claims`), 10_000).unref();
      const killing = killServers(cluster, ending.signal);
      const deadline = Date.now() + minutes * 60_000;
      const answered: { user: string; id: string }[] = [];
      const ask = async (lane: number) => {
        for (let number = lane; number < count && Date.now() < deadline; number += lanes) {
          const user = `user-${number}`;
          asked.add(user);
          const id = await claim(cluster, tokens[number % tokens.length] as string, user);
          if (id !== undefined) answered.push({ user, id });
        }
      };
      await Promise.all(Array.from({ length: lanes }, (_, lane) => ask(lane)));
      clearInterval(progress);
      ending.abort();
      const kills = await killing;
      const found = judgeClaims({ answered, asked }, await readClaims(db, "desk"));
      return { asked: asked.size, answered: answered.length, kills, ...found };
    } finally {
      await close();
      await embedded.release();
    }
  } finally {
    await cluster.close();
  }
}

/** One try: what a dead server did not answer stays unknown, until the ledger is asked. */
async function claim(cluster: Cluster, token: string, user: string): Promise<string | undefined> {
  for (;;) {
    const { url } = pick(Math.random, cluster.members);
    try {
      const body = { template: "desk", user };
      return (await new Client(url, token).call<Session>("POST", "/api/v1/sessions", body)).id;
    } catch (error) {
      // Who asks too often for one account is told when to ask again, and has nothing yet.
      if (!(error instanceof Error) || !error.message.includes(": 429 ")) return undefined;
      await wait(100);
    }
  }
}

async function killServers(cluster: Cluster, signal: AbortSignal): Promise<number> {
  const random = generator(1);
  let kills = 0;
  while (!signal.aborted) {
    await wait(betweenKillsMilliseconds, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    await cluster.kill(pick(random, cluster.members));
    kills += 1;
    await cluster.add("server");
  }
  return kills;
}
