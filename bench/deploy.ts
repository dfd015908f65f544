/**
 * What a deployment costs, in one run on one machine: a bare `pulumi up` on files, the same call on our backend,
 * the Automation API's `stack.up()`, and our own API. Everything on loopback, PostgreSQL with fsync on.
 *
 *   npm run bench -- deploy [--quick] [--only updates,crowd,sizes,growth]
 *
 * `--quick` takes small sizes: for working on the bench, not for numbers.
 */
import { parseArgs } from "node:util";
import { measureCrowd } from "./deploy/crowd.ts";
import { measureGrowth } from "./deploy/growth.ts";
import { Lab } from "./deploy/lab.ts";
import { measureSizes, type Size } from "./deploy/sizes.ts";
import { measureUpdates } from "./deploy/update.ts";
import { type Row, report } from "./report.ts";

interface Plan {
  pairs: number;
  queued: number;
  sizes: Size[];
  updates: number;
}

const full: Plan = {
  pairs: 30,
  queued: 50,
  sizes: [
    { count: 10, repetitions: 7 },
    { count: 100, repetitions: 5 },
    { count: 1000, repetitions: 3 },
    { count: 3000, repetitions: 3 },
  ],
  updates: 10_000,
};
const quick: Plan = {
  pairs: 5,
  queued: 6,
  sizes: [
    { count: 10, repetitions: 1 },
    { count: 100, repetitions: 1 },
  ],
  updates: 200,
};

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const plan = values.quick ? quick : full;
const parts = {
  updates: (lab: Lab, server: Server) => measureUpdates(lab, server, plan.pairs),
  crowd: (lab: Lab, server: Server) => measureCrowd(lab, server, plan.queued),
  sizes: (lab: Lab, server: Server) => measureSizes(lab, server, plan.sizes),
  growth: (lab: Lab) => measureGrowth(lab, plan.updates),
};
type Server = Awaited<ReturnType<Lab["server"]>>;
const names = values.only?.split(",") ?? Object.keys(parts);

const lab = await Lab.open();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void lab.close().finally(() => process.exit(1)));
}
const rows: Row[] = [];
try {
  const server = await lab.server("postgres");
  for (const name of names) {
    console.log(`\n${name}`);
    rows.push(...(await parts[name as keyof typeof parts](lab, server)));
  }
} finally {
  await lab.close();
}
process.exitCode = report(values.quick ? "deploy-quick" : "deploy", rows) ? 0 : 1;
