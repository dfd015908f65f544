import type { Mapping, TypeMapping } from "../../stacks/export/mapping.ts";
import { readCloudFormationTypes } from "./cloudformation-types.ts";
import { CORRECTIONS, SERVICES } from "./corrections/index.ts";
import { Definitions } from "./definitions.ts";
import { lacking, pairType } from "./match.ts";
import { readPulumiTypes } from "./pulumi-types.ts";

export interface MadeMapping {
  mapping: Mapping;
  /** Names in corrections that no schema has; a mapping with some is not written. */
  faults: string[];
}

/**
 * Makes the mapping from the schemas of both sides. Names pair by themselves where they are the same but for
 * case and plural and the kinds of value fit; the rest is in `corrections.ts`, and nothing is taken unchecked.
 *
 * @param pulumiAws folder of `@pulumi/aws`
 * @param sources versions that are noted in it
 */
export function makeMapping(pulumiAws: string, sources: Record<string, string>): MadeMapping {
  const faults: string[] = [];
  const complain = (text: string) => void faults.push(text);
  const counterparts = new Map(readCloudFormationTypes().map((shape) => [shape.type, shape]));
  const byName = new Map([...counterparts.keys()].map((type) => [type.toLowerCase(), type]));
  const definitions = new Definitions();
  const types: Record<string, TypeMapping> = {};
  const withoutCounterpart: Record<string, string> = {};
  const known = readPulumiTypes(pulumiAws, (token) => token in CORRECTIONS || byName.has(guess(token)));
  for (const pulumi of known) {
    const correction = CORRECTIONS[pulumi.type];
    if (correction?.why !== undefined) {
      withoutCounterpart[pulumi.type] = correction.why;
      continue;
    }
    const type = correction?.type ?? byName.get(guess(pulumi.type));
    const counterpart = type === undefined ? undefined : counterparts.get(type);
    if (counterpart === undefined) {
      if (correction) complain(`${pulumi.type}: CloudFormation has no type ${type}`);
      continue;
    }
    const mapping = pairType(pulumi, counterpart, correction ?? {}, definitions, complain);
    const lacks = mapping.into === undefined ? lacking(counterpart, mapping) : [];
    if (lacks.length === 0) types[pulumi.type] = mapping;
    else if (correction) complain(`${pulumi.type}: nothing gives ${type} its ${lacks.join(", ")}`);
  }
  const tokens = new Set(known.map(({ type }) => type));
  for (const type of Object.keys(CORRECTIONS))
    if (!tokens.has(type)) complain(`@pulumi/aws has no type ${type}`);
  return {
    mapping: {
      sources,
      types,
      withoutCounterpart,
      definitions: definitions.usedBy(Object.values(types).map(({ properties }) => properties)),
    },
    faults,
  };
}

/** The type of the same module and name, in lower case. */
function guess(token: string): string {
  const [, module = "", name = ""] = /^aws:([^/:]+)(?:\/[^:]*)?:(.+)$/.exec(token) ?? [];
  return `aws::${SERVICES[module] ?? module}::${name}`.toLowerCase();
}
