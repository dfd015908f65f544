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

/** The template whose sessions alone get to a function; undefined: both do. */
function templateOf(file: string, name: string): TemplateName | undefined {
  if (/\/service\/|\/process\.ts$/.test(file) && file.startsWith("plugins/")) return "on-process";
  const isBatched =
    /launch|introducer|\/ecs\//.test(file) || ["#group", "insertBatch", "#fail"].includes(name);
  return isBatched ? "on-ecs" : undefined;
}

/** Mixed, always the same way: a round meets several operations. */
function inOrder() {
  const random = generator(0);
  return findKillPoints()
    .map((point) => ({ point, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ point }) => point);
}
