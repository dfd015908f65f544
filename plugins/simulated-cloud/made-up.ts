import { createHash } from "node:crypto";
import type { Properties, Value } from "../provider/index.ts";
import type { OutputTypes } from "./shape.ts";

/** The account that AWS reserves for documentation, and a region where a resource names none. */
const account = "111122223333";
const usualRegion = "eu-west-1";

export interface Made {
  type: string;
  name: string;
  id: string;
  inputs: Properties;
}

/** The state of a new resource: its inputs, and a value by its type for each output that it does not give. */
export function madeUp(made: Made, types: OutputTypes, structured: Properties): Properties {
  const filled = Object.entries(types).map(([name, type]) => [name, valueFor(made, name, type)]);
  const { tags, tagsAll = tags ?? {} } = made.inputs;
  return {
    ...Object.fromEntries(filled),
    ...structured,
    ...("tagsAll" in types && { tagsAll }),
    ...made.inputs,
  };
}

function valueFor(made: Made, property: string, type: string): Value {
  if (type.endsWith("[]")) return [];
  if (type === "boolean") return false;
  if (type === "number") return 1;
  if (type.startsWith("{") || type.startsWith("outputs.")) return {};
  if (/^arn$|Arn$/.test(property)) return arn(made);
  if (property === "region") return usualRegion;
  return `${made.name}-${property}-${createHash("sha256").update(made.id).digest("hex").slice(0, 7)}`;
}

/** `aws:ecs/taskDefinition:TaskDefinition` → `arn:aws:ecs:eu-west-1:111122223333:taskDefinition/ID`. */
function arn({ type, id, inputs }: Made): string {
  const [, service = "", kind = ""] = /^aws:([^/:]+)\/?([^:]*)/.exec(type) ?? [];
  const region = typeof inputs.region === "string" ? inputs.region : usualRegion;
  return `arn:aws:${service}:${region}:${account}:${kind}/${id}`;
}
