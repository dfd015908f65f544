/**
 * Kills worker, runner, engine, server and database with -9 at random moments
 * while deployments run, and looks at what is left.
 *
 *   npm run bench -- chaos [--rounds 200] [--from 1]
 */
import { parseArgs } from "node:util";
import { ChaosLab, killKinds, type Round } from "../test/support/chaos.ts";
import { report } from "./report.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "200" }, from: { type: "string", default: "1" } },
});
const rounds = Number(values.rounds);
const from = Number(values.from);

const lab = await ChaosLab.open();
const done: Round[] = [];
try {
  for (let seed = from; done.filter(({ hit }) => hit).length < rounds && seed < from + 3 * rounds; seed++) {
    const round = await lab.round(seed);
    done.push(round);
    const { kind, hit, resumed, ended, noticedMs, violations } = round;
    const noticed = noticedMs === undefined ? "" : ` noticed ${Math.round(noticedMs)} ms`;
    console.log(
      `seed ${seed} ${kind}${hit ? "" : " (nothing to kill)"} resumed ${resumed} ended ${ended}${noticed} ${JSON.stringify(round.states)}`,
    );
    for (const violation of violations) console.log(`  VIOLATION ${violation}`);
  }
  const audit = await lab.verifyAudit();
  console.log("audit", JSON.stringify(audit));
} finally {
  await lab.close();
}

const hits = done.filter(({ hit }) => hit);
console.log("\nkill      hits  resumed  ended");
for (const kind of killKinds) {
  const of = hits.filter((round) => round.kind === kind);
  const sum = (name: "resumed" | "ended") => of.reduce((total, round) => total + round[name], 0);
  console.log(
    `${kind.padEnd(9)} ${String(of.length).padStart(4)} ${String(sum("resumed")).padStart(8)} ${String(sum("ended")).padStart(6)}`,
  );
}
const violations = done.flatMap((round) => round.violations).length;
const isMet = report("chaos", [
  { metric: "rounds", value: hits.length, unit: "kills", goal: { atLeast: rounds } },
  { metric: "violations", value: violations, unit: "", goal: { atMost: 0 } },
  {
    metric: "death_noticed_p99_s",
    value: quantile(hits.flatMap(({ noticedMs }) => noticedMs ?? [])) / 1000,
    unit: "s",
    goal: { atMost: 5 },
  },
  {
    metric: "resumed_p99_s",
    value: quantile(hits.flatMap(({ settledMs }) => settledMs)) / 1000,
    unit: "s",
    goal: { atMost: 15 },
  },
]);
process.exitCode = isMet ? 0 : 1;

function quantile(values: number[], share = 0.99): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
