import type { Props, Resource } from "../../rule.ts";
import { parseJson } from "../../statements.ts";
import { list } from "../../values.ts";

/** The containers of an ECS task definition, which are kept as JSON text. */
export function containersOf({ props }: Resource): Props[] {
  return list(parseJson(props.containerDefinitions, "containerDefinitions"));
}
