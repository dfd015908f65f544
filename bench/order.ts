/**
 * 200 deployments over 20 stacks, asked for at 3 servers, run by 2 workers: in order per stack, none lost, none twice.
 *
 *   npm run bench -- order [--per-stack 10]
 */
import { parseArgs } from "node:util";
import { runInOrder } from "../test/support/order.ts";
import { report } from "./report.ts";

const { values } = parseArgs({ options: { "per-stack": { type: "string", default: "10" } } });
const { deployments, seconds, violations } = await runInOrder(Number(values["per-stack"]));
for (const violation of violations) console.log(`VIOLATION ${violation}`);
const isMet = report("order", [
  { metric: "deployments", value: deployments, unit: "count" },
  { metric: "violations", value: violations.length, unit: "count", goal: { atMost: 0 } },
  { metric: "deployments_per_minute", value: (deployments / seconds) * 60, unit: "1/min" },
]);
process.exitCode = isMet ? 0 : 1;
