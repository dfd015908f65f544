// Makes stacks/export/cloudformation.json and terraform.json anew, after a change of corrections or of a package
// that they are made from: `toolchain/run-node toolchain/mapping/main.ts`.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Mapping } from "../../stacks/export/mapping.ts";
import { ROOT } from "../found.mjs";
import { TERRAFORM_CORRECTIONS } from "./corrections/terraform.ts";
import { makeMapping } from "./make.ts";
import { makeTerraformMapping } from "./make-terraform.ts";
import { readTerraformTypes, TERRAFORM_SOURCE } from "./terraform-types.ts";

const SOURCES = ["@pulumi/aws", "@aws-cdk/aws-service-spec"];

/** What is checked in, and what it would be now. */
export function mappingNow() {
  const versions = SOURCES.map((name) => [name, versionOf(name)] as const);
  return makeMapping(AWS, Object.fromEntries(versions));
}

/** The same for Terraform, of the types that CloudFormation's mapping knows. Downloads the schemas. */
export async function terraformMappingNow({ types, withoutCounterpart, sources }: Mapping) {
  const [, name = "", version = ""] = /^(.+)@(.+)$/.exec(TERRAFORM_SOURCE) ?? [];
  return makeTerraformMapping(
    AWS,
    await readTerraformTypes(),
    { "@pulumi/aws": sources["@pulumi/aws"]!, [name]: version },
    (token) => token in types || token in withoutCounterpart || token in TERRAFORM_CORRECTIONS,
  );
}

const CLOUDFORMATION_FILE = join(ROOT, "stacks/export/cloudformation.json");
const TERRAFORM_FILE = join(ROOT, "stacks/export/terraform.json");
const AWS = join(ROOT, "node_modules/@pulumi/aws");

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version;
}

if (process.argv[1] === import.meta.filename) {
  const made = mappingNow();
  write(CLOUDFORMATION_FILE, made);
  if (process.argv[2] !== "cloudformation") write(TERRAFORM_FILE, await terraformMappingNow(made.mapping));
}

function write(file: string, { mapping, faults }: { mapping: Mapping; faults: string[] }): void {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length === 0) writeFileSync(file, text(mapping));
  else process.exitCode = 1;
}

/** One line for each type and each definition, so that a change is seen where it is. */
function text({ sources, types, withoutCounterpart, definitions }: Mapping): string {
  const lines = (record: Record<string, unknown>) =>
    Object.entries(record)
      .map(([name, value]) => `\n${JSON.stringify(name)}:${JSON.stringify(value)}`)
      .join(",");
  return `{"sources":${JSON.stringify(sources)},\n"types":{${lines(types)}},\n"withoutCounterpart":{${lines(withoutCounterpart)}},\n"definitions":{${lines(definitions)}}}\n`;
}
