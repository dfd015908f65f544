import { sql } from "kysely";
import { startEmbedded } from "../../automation-api/db/embedded.ts";
import { openDatabase } from "../../automation-api/db/pool.ts";
import { Client } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { findViolations } from "./invariants.ts";

const stacks = 20;

export interface OrderResult {
  deployments: number;
  /** From the first request to the last end. */
  seconds: number;
  /** What a deployment, a stack or the order of one breaks; each in words. */
  violations: string[];
}

/**
 * Queues `perStack` deployments of each of 20 stacks at once, from 3 servers in turn, for 2 workers over one
 * database, and looks whether each ran once, in the order of its stack, and left what it should.
 */
export async function runInOrder(perStack: number): Promise<OrderResult> {
  const cluster = await Cluster.open({ ROOST_WARM_RUNNERS: "1" });
  try {
    // The first brings database, schema and keys; the others join.
    await cluster.add("server", { ROOST_WORKERS: "0" });
    await Promise.all([
      cluster.add("server", { ROOST_WORKERS: "0" }),
      cluster.add("server", { ROOST_WORKERS: "0" }),
      cluster.add("worker", { ROOST_WORKERS: "2" }),
      cluster.add("worker", { ROOST_WORKERS: "2" }),
    ]);
    const embedded = await startEmbedded({ folder: cluster.folder });
    await embedded.release();
    const database = openDatabase(embedded.connection, 2);
    try {
      const from = performance.now();
      const faults = await deployAll(cluster, perStack);
      const seconds = (performance.now() - from) / 1000;
      const violations = [
        ...faults,
        ...(await findViolations(database.db)),
        ...(await missed(database.db, perStack)),
      ];
      return { deployments: stacks * perStack, seconds, violations };
    } finally {
      await database.close();
    }
  } finally {
    await cluster.close();
  }
}

async function deployAll(cluster: Cluster, perStack: number): Promise<string[]> {
  const token = await cluster.token();
  const servers = cluster.members.filter(({ kind }) => kind === "server");
  const ids = await Promise.all(
    Array.from({ length: stacks }, async (_, stack) => {
      const queued: string[] = [];
      for (let turn = 0; turn < perStack; turn++) {
        // Each request of a stack goes to another server than the one before.
        const client = new Client(servers[turn % servers.length]!.url, token);
        const { id } = await client.deploy({
          project: "order",
          stack: `s${stack}`,
          program: { builtin: "noop" },
          config: { count: 1, payload: String(turn) },
        });
        queued.push(id);
      }
      return queued;
    }),
  );
  const client = new Client(cluster.url, token);
  const faults: string[] = [];
  for (const id of ids.flat()) {
    const { state, error } = await client.ended(id, 400_000);
    if (state !== "succeeded") faults.push(`${id} ${state}: ${error}`);
  }
  return faults;
}

/** Each deployment was run once, and each stack is at the version that its turns add up to. */
async function missed(db: Parameters<typeof findViolations>[0], perStack: number): Promise<string[]> {
  const attempts = await sql<{ id: string; attempt: number }>`
    SELECT id, attempt FROM deployment WHERE attempt <> 1`.execute(db);
  const versions = await sql<{ name: string; version: string }>`
    SELECT name, version FROM stack WHERE version <> ${perStack}`.execute(db);
  return [
    ...attempts.rows.map(({ id, attempt }) => `${id} was run ${attempt} times`),
    ...versions.rows.map(({ name, version }) => `${name} is at version ${version}, not ${perStack}`),
  ];
}
