import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../support/database.ts";
import { findViolations } from "../support/invariants.ts";

const stacks = 20;
const perStack = 10;

let database: TestDatabase;
let cluster: Cluster;

beforeAll(async () => {
  database = await testDatabase();
  cluster = await Cluster.open({ DATABASE_URL: databaseUrl(database.connection), ROOST_WARM_RUNNERS: "1" });
  // The first brings schema and keys; the others join.
  await cluster.add("server", { ROOST_WORKERS: "0" });
  await Promise.all([
    cluster.add("server", { ROOST_WORKERS: "0" }),
    cluster.add("server", { ROOST_WORKERS: "0" }),
    cluster.add("worker", { ROOST_WORKERS: "2" }),
    cluster.add("worker", { ROOST_WORKERS: "2" }),
  ]);
}, 120_000);

afterAll(async () => {
  await cluster?.close();
  await database?.close();
}, 60_000);

it(`runs ${stacks * perStack} deployments over ${stacks} stacks strictly in order per stack, none lost, none twice`, async () => {
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
  for (const id of ids.flat()) {
    expect(await client.ended(id, 400_000)).toMatchObject({ state: "succeeded", error: null });
  }
  expect(await findViolations(database.db)).toEqual([]);
  const attempts = await sql<{ attempt: number; count: string }>`
    SELECT attempt, count(*) AS count FROM deployment GROUP BY attempt`.execute(database.db);
  expect(attempts.rows).toEqual([{ attempt: 1, count: String(stacks * perStack) }]);
  // The last turn's payload is what each stack holds, at the version that its turns add up to.
  const versions = await sql<{ version: string }>`SELECT DISTINCT version FROM stack`.execute(database.db);
  expect(versions.rows).toEqual([{ version: String(perStack) }]);
}, 900_000);
