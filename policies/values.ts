import { z } from "zod";
import type { Props, Resource } from "./rule.ts";

/** A list as it is, one value as a list, nothing as an empty one. */
export function list(value: Props): Props[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** True however it was written: a boolean, or its text as YAML and configuration give it. */
export function isOn(value: Props): boolean {
  return value === true || value === "true";
}

/** False only where somebody turned it off. */
export function isOff(value: Props): boolean {
  return value === false || value === "false";
}

/** The stack's name, from a URN. */
export function stackOf({ urn }: Pick<Resource, "urn">): string {
  return urn.split(":")[2] ?? "";
}

/** Configuration of rules that hold for production only. */
export const productionConfig = z.object({
  production: z
    .array(z.string())
    .default(["production", "prod", "live"])
    .describe("Names of stacks that are production; `-` may join more to a name."),
});

export function isProduction(resource: Resource, { production }: z.output<typeof productionConfig>): boolean {
  const parts = stackOf(resource).split(/[-_.]/);
  return parts.some((part) => production.includes(part)) || production.includes(stackOf(resource));
}
