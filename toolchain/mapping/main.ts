// Makes stacks/export/cloudformation.json anew: `toolchain/run-node toolchain/mapping/main.ts`, after a change of
// corrections or of a package that it is made from.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../found.mjs";
import { makeMapping } from "./make.ts";

const SOURCES = ["@pulumi/aws", "@aws-cdk/aws-service-spec"];

/** What is checked in, and what it would be now. */
export function mappingNow() {
  const versions = SOURCES.map((name) => [name, versionOf(name)] as const);
  return makeMapping(join(ROOT, "node_modules/@pulumi/aws"), Object.fromEntries(versions));
}

export const MAPPING_FILE = join(ROOT, "stacks/export/cloudformation.json");

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version;
}

if (process.argv[1] === import.meta.filename) {
  const { mapping, faults } = mappingNow();
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length === 0) writeFileSync(MAPPING_FILE, writeMapping(mapping));
  process.exitCode = faults.length === 0 ? 0 : 1;
}

/** One line for each type and each definition, so that a change is seen where it is. */
function writeMapping({
  sources,
  types,
  withoutCounterpart,
  definitions,
}: ReturnType<typeof mappingNow>["mapping"]): string {
  const lines = (record: Record<string, unknown>) =>
    Object.entries(record)
      .map(([name, value]) => `\n${JSON.stringify(name)}:${JSON.stringify(value)}`)
      .join(",");
  return `{"sources":${JSON.stringify(sources)},\n"types":{${lines(types)}},\n"withoutCounterpart":{${lines(withoutCounterpart)}},\n"definitions":{${lines(definitions)}}}\n`;
}
