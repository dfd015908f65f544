import type { Props } from "../../rule.ts";
import { list } from "../../values.ts";

/** Every cache behaviour of a distribution, and where it stands in its inputs. */
export function behaviorsOf(props: Props): [path: string, behavior: Props][] {
  return [
    ["defaultCacheBehavior", props.defaultCacheBehavior],
    ...list(props.orderedCacheBehaviors).map((each, n): [string, Props] => [
      `orderedCacheBehaviors.${n}`,
      each,
    ]),
  ];
}
