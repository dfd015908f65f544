/**
 * Kills worker, runner, engine, server and database with -9 while users start, extend and end sessions, and compares
 * ledger, target, stacks and processes afterwards.
 *
 *   npm run bench -- session-chaos [--rounds 1000] [--from 1] [--sessions 20]
 */
import { parseArgs } from "node:util";
import { SessionChaos, type SessionRound } from "../test/support/session-chaos.ts";
import { quantile } from "./deploy/statistics.ts";
import { report } from "./report.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    sessions: { type: "string", default: "20" },
  },
});
const rounds = Number(values.rounds);
const from = Number(values.from);
const done: SessionRound[] = [];
const hits = () => done.filter(({ hit }) => hit);

const chaos = await SessionChaos.open({ sessions: Number(values.sessions) });
try {
  for (let seed = from; hits().length < rounds && seed < from + 3 * rounds; seed++) {
    const round = await chaos.round(seed);
    done.push(round);
    const converged = `converged in ${(round.convergeMs / 1000).toFixed(1)} s`;
    console.log(`seed ${seed} ${round.kind}${round.hit ? "" : " (nothing to kill)"} ${converged}`);
    for (const violation of round.violations) console.log(`  VIOLATION ${violation}`);
  }
  console.log("audit", JSON.stringify(await chaos.verifyAudit()));
} finally {
  await chaos.close();
}

const isMet = report("session-chaos", [
  { metric: "rounds", value: hits().length, unit: "kills", goal: { atLeast: rounds } },
  {
    metric: "violations",
    value: done.flatMap(({ violations }) => violations).length,
    unit: "",
    goal: { atMost: 0 },
  },
  {
    metric: "converge_p99_s",
    value: quantile(
      hits().map(({ convergeMs }) => convergeMs / 1000),
      0.99,
    ),
    unit: "s",
    goal: { atMost: 60 },
  },
]);
process.exitCode = isMet ? 0 : 1;
