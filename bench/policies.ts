/**
 * The policies: microseconds for one rule and one resource, an estate of 1,000 resources recorded, checked and
 * exported, what a pack adds to an operation of the engine when it is in memory already, and how well the rules
 * find what is weak.
 *
 *   npm run bench -- policies [--rounds 5]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { noopProvider } from "../plugins/noop/index.ts";
import { LoadedPack, placeServedPack, StackRecorder } from "../plugins/policy-launcher/index.ts";
import { serveProvider } from "../plugins/provider/index.ts";
import { evaluate, rules } from "../policies/index.ts";
import { scoreOf } from "../policies/testing/score.ts";
import { accepted, componentGraphs, stackGraphs } from "../test/policies/own-graphs.ts";
import { expectSuccess, reasonWithoutEngine, repository, withProject } from "../test/support/engine.ts";
import { recordEstate } from "./components/estate.ts";
import { median } from "./deploy/statistics.ts";
import { measureExport } from "./policies/export.ts";
import { type Row, report } from "./report.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);

function seconds(begun: number): number {
  return (performance.now() - begun) / 1000;
}

const perTeam = (await recordEstate(1)).resources.length;
/** The one rule that is asked about every resource of a stack costs next to nothing: it must not thin the rest out. */
const asked = rules.filter(({ kinds }) => kinds[0] !== "*");
const estates: { checks: number; check: number; whole: number }[] = [];
for (let round = 0; round < rounds; round += 1) {
  const begun = performance.now();
  const graph = await recordEstate(Math.round(1000 / perTeam));
  const recorded = performance.now();
  evaluate(rules, graph);
  const check = seconds(recorded);
  measureExport(graph);
  const whole = seconds(begun) * (1000 / graph.resources.length);
  estates.push({ checks: evaluate(asked, graph).checks, check, whole });
}
const perCheck = median(estates.map(({ check, checks }) => (check / checks) * 1e6));

const { mutants, killed, falsePositives } = scoreOf(
  rules,
  [...stackGraphs, ...componentGraphs],
  2,
  // What our stacks ask to be excepted from is no false positive, as in the test.
  accepted,
);

const rows: Row[] = [
  { metric: "us_per_rule_resource", value: perCheck, unit: "us", goal: { atMost: 20 } },
  {
    metric: "estate_1000_check_export_s",
    value: median(estates.map(({ whole }) => whole)),
    unit: "s",
    goal: { atMost: 2 },
  },
  { metric: "mutation_score", value: (killed / mutants) * 100, unit: "%", goal: { atLeast: 95 } },
  { metric: "mutants", value: mutants, unit: "count" },
  { metric: "false_positives", value: falsePositives.length, unit: "count", goal: { atMost: 0 } },
  { metric: "rules", value: rules.length, unit: "count", goal: { atLeast: 40 } },
];

if (reasonWithoutEngine() === undefined) {
  // One pack fits into a process, and serves as many engines as come.
  const pack = await LoadedPack.load(join(repository, "policies"));
  const few = await measurePack(pack, 2);
  const many = await measurePack(pack, 202);
  const recorder = await measurePack(new StackRecorder(), 2);
  rows.push(
    { metric: "pack_start_s", value: few, unit: "s", goal: { atMost: 0.3 } },
    { metric: "pack_ms_per_resource", value: ((many - few) / 200) * 1000, unit: "ms", goal: { atMost: 1 } },
    { metric: "recorder_start_s", value: recorder, unit: "s" },
  );
}
process.exitCode = report("policies", rows) ? 0 : 1;

/** Seconds that it adds to a preview of that many resources, served as a warm runner does. */
async function measurePack(pack: LoadedPack | StackRecorder, resources: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "pack-bench-"));
  const provider = await serveProvider(noopProvider);
  const port = await pack.serve(() => true);
  const executable = join(folder, "roost");
  await placeServedPack(executable, port);
  const program = `
    const pulumi = require("@pulumi/pulumi");
    for (let n = 0; n < ${resources}; n++) new pulumi.CustomResource("noop:index:Resource", "r" + n, { payload: "p" });
  `;
  try {
    return await withProject(
      {
        files: { "package.json": "{}", "index.js": program },
        env: { PULUMI_DEBUG_PROVIDERS: `noop:${provider.port}` },
      },
      async (project) => {
        const time = async (flags: string[]) => {
          const begun = performance.now();
          await expectSuccess(project.pulumi(["preview", ...flags]));
          return seconds(begun);
        };
        await time(["--policy-pack", executable]);
        const pairs: number[] = [];
        for (let round = 0; round < rounds; round += 1)
          pairs.push(-(await time([])) + (await time(["--policy-pack", executable])));
        return median(pairs);
      },
    );
  } finally {
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
