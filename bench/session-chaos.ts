/**
 * Kills worker, runner, engine, server and database with -9 at every await of start, claim, extend, end and expire, and
 * compares ledger, targets, stacks and processes afterwards. The list of kill points is test/support/session-chaos/points.ts.
 *
 *   npm run bench -- session-chaos [--rounds 1000] [--from 1] [--sessions 20] [--kills 4] [--minutes 60]
 *
 * A seed is a round: so many kills, one after the other, and then a look at what is left.
 * `rounds` counts kills that hit. What was done is kept in bench/results/session-chaos.jsonl; `--from SEED` goes on
 * there and counts what was done before it, without it everything begins anew.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findKillPoints } from "../test/support/session-chaos/find-points.ts";
import { SessionChaos, type SessionRound } from "../test/support/session-chaos/lab.ts";
import { quantile } from "./deploy/statistics.ts";
import { report } from "./report.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    sessions: { type: "string", default: "20" },
    kills: { type: "string", default: "4" },
    minutes: { type: "string", default: "600" },
  },
});
const rounds = Number(values.rounds);
const from = Number(values.from);
const deadline = Date.now() + Number(values.minutes) * 60_000;
const folder = fileURLToPath(new URL("./results/", import.meta.url));
const history = `${folder}session-chaos.jsonl`;
const done = before();
const kills = () => done.flatMap((round) => round.kills).filter(({ hit }) => hit);

const began = performance.now();
let isStopping = false;
// What runs outlives who started it: it is ended in order, after the round.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (isStopping = true));
const chaos = await SessionChaos.open({ sessions: Number(values.sessions), kills: Number(values.kills) });
try {
  for (let seed = from; kills().length < rounds && Date.now() < deadline && !isStopping; seed++) {
    const round = await chaos.round(seed);
    done.push(round);
    appendFileSync(history, `${JSON.stringify(round)}\n`);
    const converged = `converged in ${(round.convergeMs / 1000).toFixed(1)} s`;
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(`seed ${seed}, ${kills().length} kills in ${seconds} s, ${converged}`);
    for (const { point, moment, kind, hit } of round.kills) {
      console.log(`  ${hit ? "killed" : "missed"} ${kind} ${moment} ${point}`);
    }
    for (const line of round.slow) console.log(`  ${line}`);
    for (const violation of round.violations) console.log(`  VIOLATION ${violation}`);
  }
  console.log("audit", JSON.stringify(await chaos.verifyAudit()));
} finally {
  await chaos.close();
}

const points = findKillPoints();
const hits = Map.groupBy(kills(), ({ point }) => point);
console.log("\nhits  kill point");
for (const { id } of points) console.log(`${String(hits.get(id)?.length ?? 0).padStart(4)}  ${id}`);
const missed = points.filter(({ id }) => !hits.has(id)).length;
const isMet = report("session-chaos", [
  { metric: "rounds", value: kills().length, unit: "kills", goal: { atLeast: rounds } },
  {
    metric: "violations",
    value: done.flatMap(({ violations }) => violations).length,
    unit: "",
    goal: { atMost: 0 },
  },
  {
    metric: "converge_p99_s",
    value: quantile(
      done.map(({ convergeMs }) => convergeMs / 1000),
      0.99,
    ),
    unit: "s",
    goal: { atMost: 60 },
  },
  { metric: "kill_points", value: points.length, unit: "" },
  // A short run does not come to all of them.
  {
    metric: "kill_points_missed",
    value: missed,
    unit: "",
    ...(rounds >= points.length && { goal: { atMost: 0 } }),
  },
]);
process.exitCode = isMet ? 0 : 1;

/** Rounds of earlier runs before the seed to begin with; those after it are forgotten. */
function before(): SessionRound[] {
  mkdirSync(folder, { recursive: true });
  const lines = existsSync(history) ? readFileSync(history, "utf8").split("\n").filter(Boolean) : [];
  const kept = lines.map((line) => JSON.parse(line) as SessionRound).filter(({ seed }) => seed < from);
  writeFileSync(history, kept.map((round) => `${JSON.stringify(round)}\n`).join(""));
  return kept;
}
