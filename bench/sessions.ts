/**
 * What a user waits for: claims of sessions that are ready, what we add to a start, and a storm of users against the
 * launch limits of a cloud.
 *
 *   npm run bench -- sessions [--rate 200] [--seconds 60] [--live 50] [--starts 20] [--users 500]
 *     [--speed 0.25] [--claims 100000] [--minutes 60] [--only storm]
 *
 * `--speed`: seconds of the cloud's clock in one of ours while the storm lasts; 1 takes the machine's own time in full.
 * `--only` is one of claims, cold, storm, pool and history: claims from three servers that are killed in turn, at most
 * `--minutes` long.
 */
import { parseArgs } from "node:util";
import { systemPrincipal } from "../automation-api/access/service.ts";
import { startEmbedded } from "../automation-api/db/embedded.ts";
import { openDatabase } from "../automation-api/db/pool.ts";
import { findTemplate } from "../automation-api/sessions/queries.ts";
import { Client } from "../test/support/client.ts";
import { Cluster } from "../test/support/cluster.ts";
import { quantile } from "./deploy/statistics.ts";
import { type Row, report } from "./report.ts";
import { atRate, backendTokens, claimBare, claimOverHttp, fillPool } from "./sessions/claims.ts";
import { coldOverhead } from "./sessions/cold.ts";
import { claimsUnderKills } from "./sessions/history.ts";
import { measurePool } from "./sessions/pool.ts";
import { storm } from "./sessions/storm.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "200" },
    seconds: { type: "string", default: "60" },
    live: { type: "string", default: "50" },
    starts: { type: "string", default: "20" },
    users: { type: "string", default: "500" },
    speed: { type: "string", default: "0.25" },
    claims: { type: "string", default: "100000" },
    minutes: { type: "string", default: "60" },
    only: { type: "string" },
  },
});
const { rate, seconds, live, starts, users } = {
  rate: Number(values.rate),
  seconds: Number(values.seconds),
  live: Number(values.live),
  starts: Number(values.starts),
  users: Number(values.users),
};
const warmUpSeconds = 5;
const parts = {
  claims: measureClaims,
  cold: measureCold,
  storm: measureStorm,
  pool: measureWaste,
  history: measureHistory,
};
const rows: Row[] = [];
for (const [name, measure] of Object.entries(parts)) {
  if (values.only === undefined || values.only === name) rows.push(...(await measure()));
}
process.exitCode = report("sessions", rows) ? 0 : 1;

/** A server without workers: nobody thins out a pool that is there on paper only. */
async function measureClaims(): Promise<Row[]> {
  const cluster = await Cluster.open({ ROOST_WORKERS: "0" });
  try {
    await cluster.add("server");
    const embedded = await startEmbedded({ folder: cluster.folder });
    await embedded.release();
    const { db, close } = openDatabase(embedded.connection, 10);
    const client = new Client(cluster.url, await cluster.token());
    await client.call("POST", "/api/v1/templates", { name: "desk", workload: { command: ["true"] } });
    const organization = await db.selectFrom("organization").select(["id", "name"]).executeTakeFirstOrThrow();
    const system = await systemPrincipal(db, organization);
    const tokens = await backendTokens(client);
    await fillPool(db, "desk", rate * (2 * seconds + warmUpSeconds));
    const overHttp = claimOverHttp(cluster.url, tokens, "desk");
    // A server that has just started compiles what it runs.
    await atRate(rate, warmUpSeconds, (index) => overHttp(1_000_000 + index));
    const took = await atRate(rate, seconds, overHttp);
    const template = await findTemplate(db, organization.id, "desk");
    if (!template) throw new Error("The template is gone.");
    const bare = await atRate(rate, seconds, claimBare(db, template, system.accountId));
    await close();
    return [
      { metric: "warm_claim_p50_ms", value: quantile(took, 0.5), unit: "ms", baseline: quantile(bare, 0.5) },
      {
        metric: "warm_claim_p99_ms",
        value: quantile(took, 0.99),
        unit: "ms",
        baseline: quantile(bare, 0.99),
        goal: { atMost: 50 },
      },
    ];
  } finally {
    await cluster.close();
  }
}

async function measureCold(): Promise<Row[]> {
  const cluster = await Cluster.open({ ROOST_WORKERS: "1", ROOST_WARM_RUNNERS: "1" });
  try {
    await cluster.add("server");
    const client = new Client(cluster.url, await cluster.token());
    const options = { client, dataFolder: cluster.folder, starts, betweenMs: 2_000 };
    const alone = await coldOverhead({ ...options, live });
    const inFlight = await coldOverhead({ ...options, live: 0, inFlight: true });
    return [
      { metric: "cold_overhead_p95_ms", value: quantile(alone, 0.95), unit: "ms", goal: { atMost: 500 } },
      {
        metric: "cold_overhead_in_flight_p95_ms",
        value: quantile(inFlight, 0.95),
        unit: "ms",
        goal: { atMost: 1_500 },
      },
    ];
  } finally {
    await cluster.close();
  }
}

async function measureStorm(): Promise<Row[]> {
  const speed = Number(values.speed);
  const { ratio, throttles, estimateError } = await storm(users, speed);
  return [
    { metric: "storm_ratio_to_optimum", value: ratio, unit: "x", goal: { atMost: 1.05 } },
    { metric: "storm_throttles", value: throttles, unit: "count", goal: { atMost: 0 } },
    // What users are told is in our seconds: on another clock it cannot be right.
    ...(speed === 1 ? [{ metric: "storm_estimate_error", value: estimateError, unit: "x" }] : []),
  ];
}

/** On a clock of its own: the same on every machine. */
async function measureWaste(): Promise<Row[]> {
  const { hitRate, waste } = measurePool();
  return [
    { metric: "pool_hit_rate", value: hitRate, unit: "share", goal: { atLeast: 0.95 } },
    { metric: "pool_waste", value: waste, unit: "x of the ideal fixed pool", goal: { atMost: 1.3 } },
  ];
}

async function measureHistory(): Promise<Row[]> {
  const claims = Number(values.claims);
  const found = await claimsUnderKills(claims, Number(values.minutes));
  const { asked, answered, kills, double, lost } = found;
  for (const fault of [...double, ...lost].slice(0, 50)) console.log(`VIOLATION ${fault}`);
  return [
    { metric: "claims_checked", value: asked, unit: "claims", goal: { atLeast: claims } },
    { metric: "claims_answered", value: answered, unit: "claims" },
    { metric: "claims_kills", value: kills, unit: "kills" },
    { metric: "claims_double", value: double.length, unit: "", goal: { atMost: 0 } },
    { metric: "claims_lost", value: lost.length, unit: "", goal: { atMost: 0 } },
  ];
}
