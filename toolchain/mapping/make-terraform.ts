import type { Mapping, TypeMapping } from "../../stacks/export/mapping.ts";
import { TERRAFORM_CORRECTIONS } from "./corrections/terraform.ts";
import { Definitions } from "./definitions.ts";
import type { MadeMapping } from "./make.ts";
import { lacking, pairType } from "./match.ts";
import { readPulumiTypes } from "./pulumi-types.ts";
import type { ResourceShape } from "./shapes.ts";

/** Of its inputs, how many must have a counterpart by name for a type that is found by its name alone. */
const LIKENESS = 0.9;

/**
 * Makes the mapping to Terraform's provider, of which Pulumi's is made: names differ in their writing and in
 * plurals, types sometimes in their module.
 *
 * @param counterparts of Terraform's provider
 * @param isWanted which types of Pulumi to pair
 */
export function makeTerraformMapping(
  pulumiAws: string,
  counterparts: ResourceShape[],
  sources: Record<string, string>,
  isWanted: (token: string) => boolean,
): MadeMapping {
  const faults: string[] = [];
  const complain = (text: string) => void faults.push(text);
  const byType = new Map(counterparts.map((shape) => [shape.type, shape]));
  const definitions = new Definitions();
  const types: Record<string, TypeMapping> = {};
  for (const pulumi of readPulumiTypes(pulumiAws, isWanted)) {
    const correction = TERRAFORM_CORRECTIONS[pulumi.type];
    const names = correction?.type ? [correction.type] : guesses(pulumi.type);
    const counterpart = names.map((name) => byType.get(name)).find((shape) => shape !== undefined);
    if (!counterpart) {
      if (correction) complain(`${pulumi.type}: Terraform has no ${names.join(" or ")}`);
      continue;
    }
    const mapping = pairType(pulumi, counterpart, correction ?? {}, definitions, complain);
    const share = Object.keys(mapping.properties).length / Math.max(1, Object.keys(pulumi.inputs).length);
    if (correction || (share >= LIKENESS && lacking(counterpart, mapping).length === 0))
      types[pulumi.type] = mapping;
  }
  const used = definitions.usedBy(Object.values(types).map(({ properties }) => properties));
  const mapping: Mapping = { sources, types, withoutCounterpart: {}, definitions: used };
  return { mapping, faults };
}

/** `aws:ecs/taskDefinition:TaskDefinition` is aws_ecs_task_definition, `aws:ec2/vpc:Vpc` is aws_vpc. */
function guesses(token: string): string[] {
  const [, module = "", name = ""] = /^aws:([^/:]+)(?:\/[^:]*)?:(.+)$/.exec(token) ?? [];
  const snake = name.replace(/[A-Z]/g, (letter, at) => (at > 0 ? "_" : "") + letter.toLowerCase());
  return [`aws_${module}_${snake}`, `aws_${snake}`];
}
