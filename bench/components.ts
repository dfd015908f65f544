/**
 * The component library: what a user writes for a production web service and how many secure defaults it meets,
 * how long an estate of 1,000 resources takes to build and record beside as many bare registrations with the
 * SDK's mocks, and a cold import beside that of Pulumi's SDK alone.
 *
 *   npm run bench -- components [--rounds 5]
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readStackFile } from "../automation-api/cli/stack-file.ts";
import { recordBuiltin } from "../stacks/graph.ts";
import { measureEstate, measureMocks } from "./components/estate.ts";
import { secureDefaults, unmetDefaults } from "./components/secure-defaults.ts";
import { userLines } from "./components/user-lines.ts";
import { median } from "./deploy/statistics.ts";
import { report } from "./report.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);

const example = readFileSync(
  new URL("../stacks/web-service/examples/production.yaml", import.meta.url),
  "utf8",
);
const importTime = fileURLToPath(new URL("./components/import-time.ts", import.meta.url));

/** Each in a process of its own, without code that an earlier one has compiled. */
function measureImport(module: string): number {
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [importTime, module], {
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the import failed: ${stderr}`);
  return Number(stdout);
}

const imports = Array.from({ length: rounds }, () => measureImport("../../components/index.ts"));
const sdkImports = Array.from({ length: rounds }, () => measureImport("@pulumi/pulumi"));
const { resources: perTeam } = await measureEstate(1);
const teams = Math.round(1000 / perTeam);
const estates = [];
for (let round = 0; round < rounds; round += 1) estates.push(await measureEstate(teams));
const { resources } = estates[0]!;
const bare = [];
for (let round = 0; round < rounds; round += 1) bare.push(await measureMocks(resources));

const recorded = await recordBuiltin("web-service", readStackFile(example).values);
if ("faults" in recorded) throw new Error(JSON.stringify(recorded.faults));
const unmet = unmetDefaults(recorded.graph);
for (const each of unmet) console.log(`NOT MET ${each}`);

const isMet = report("components", [
  {
    metric: "user_lines_web_service",
    value: userLines(example),
    unit: "lines",
    goal: { atMost: 20 },
  },
  { metric: "secure_defaults", value: secureDefaults.length, unit: "count" },
  { metric: "secure_defaults_unmet", value: unmet.length, unit: "count", goal: { atMost: 0 } },
  { metric: "estate_resources", value: resources, unit: "count" },
  {
    metric: "estate_1000_s",
    value: (median(estates.map(({ seconds }) => seconds)) / resources) * 1000,
    unit: "s",
    goal: { atMost: 1 },
    baseline: (median(bare) / resources) * 1000,
  },
  {
    metric: "cold_import_s",
    value: median(imports),
    unit: "s",
    goal: { atMost: 1 },
    baseline: median(sdkImports),
  },
]);
process.exitCode = isMet ? 0 : 1;
