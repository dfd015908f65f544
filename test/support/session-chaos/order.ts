import { generator, type KillKind, killKinds } from "../chaos.ts";
import { findKillPoints } from "./find-points.ts";
import type { Armed } from "./switchboard.ts";
import type { TemplateName } from "./traffic.ts";

export interface PlannedKill extends Armed {
  kind: KillKind;
  /** Function of the point. */
  name: string;
  /** True: a server gets there, and no worker. */
  isApi: boolean;
  /** Of whose sessions there are more then. */
  template: TemplateName;
}

/**
 * The kills of a round. Rounds in their order go through all kill points, then through all again with something else
 * being killed there, so that after as many turns as there are kinds each was killed at each point.
 * @param seed of the round, from 1
 * @param count kills in each round
 */
export function killsOf(seed: number, count: number): PlannedKill[] {
  const points = inOrder();
  return Array.from({ length: count }, (_, at) => {
    const number = (seed - 1) * count + at;
    const random = generator(number);
    const [turn, place] = [Math.floor(number / points.length), number % points.length];
    const { id, file, name } = points[place] as (typeof points)[number];
    return {
      point: id,
      name,
      moment: random() < 0.5 ? "before" : "after",
      kind: killKinds[(place + turn) % killKinds.length] as KillKind,
      isApi: file.endsWith("/sessions/service.ts"),
      template: templateOf(file, name) ?? (random() < 0.3 ? "on-process" : "on-ecs"),
    };
  });
}

/** What is for batches, refused launches, claims with secrets and quotas of a template alone. */
const namesOfEcs = ["#group", "insertBatch", "#fail", "#budget", "#checkQuota", "introduce", "introduceAll"];

/** The template whose sessions alone get to a function, or to all of its awaits; undefined: both do. */
function templateOf(file: string, name: string): TemplateName | undefined {
  if (/^plugins\/.*(\/service\/|\/process\.ts$)/.test(file)) return "on-process";
  const isClaim = file.endsWith("/sessions/service.ts") && name === "create";
  return isClaim || /launch|\/ecs\//.test(file) || namesOfEcs.includes(name) ? "on-ecs" : undefined;
}

/** Mixed, always the same way: a round meets several operations. */
function inOrder() {
  const random = generator(0);
  return findKillPoints()
    .map((point) => ({ point, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ point }) => point);
}
