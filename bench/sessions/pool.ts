import { type Demand, type PoolRule, poolSize } from "../../automation-api/sessions/plan.ts";
import { generator } from "../../test/support/chaos.ts";

const daySeconds = 8 * 3_600;
const stepSeconds = 2;
const seenSeconds = 2 * 3_600;
const missedSeconds = 5 * 60;
const rule: PoolRule = { floor: 2, ceiling: 100, paused: false };

export interface PoolOutcome {
  /** Share of users who did not have to wait. */
  hitRate: number;
  /** Seconds that sessions waited for users, over those of the smallest pool of one size with as many hits. */
  waste: number;
}

/**
 * A day of classes on a clock of its own: some users at any time, and thirty within five minutes of each hour, with
 * starts that take as long as on Fargate.
 */
export function measurePool(startSeconds = 45): PoolOutcome {
  const arrivals = classDay();
  const ours = run(arrivals, startSeconds, (demand) => poolSize(demand, rule));
  for (let size = 1; ; size++) {
    const fixed = run(arrivals, startSeconds, () => size);
    if (fixed.hits >= ours.hits) {
      return { hitRate: ours.hits / arrivals.length, waste: ours.idleSeconds / fixed.idleSeconds };
    }
  }
}

function classDay(): number[] {
  const random = generator(1);
  const scattered = Array.from({ length: 160 }, () => random() * daySeconds);
  const classes = Array.from({ length: 8 }, (_, hour) =>
    Array.from({ length: 30 }, () => hour * 3_600 + random() * 300),
  );
  return [...scattered, ...classes.flat()].sort((a, b) => a - b);
}

function run(arrivals: number[], startSeconds: number, wanted: (demand: Demand) => number) {
  const claims: { at: number; missed: boolean }[] = [];
  const starting: number[] = [];
  let [warm, hits, idleSeconds, next] = [0, 0, 0, 0];
  for (let now = 0; now < daySeconds; now += stepSeconds) {
    while ((starting[0] ?? Number.POSITIVE_INFINITY) <= now) {
      starting.shift();
      warm += 1;
    }
    while ((arrivals[next] ?? Number.POSITIVE_INFINITY) <= now) {
      const missed = warm === 0;
      claims.push({ at: now, missed });
      next += 1;
      if (missed) {
        // Who waits gets what starts next; where nothing does, one of their own.
        starting.shift();
        continue;
      }
      warm -= 1;
      hits += 1;
    }
    const demand = demandOf(claims, now, startSeconds);
    const size = wanted(demand);
    for (let each = warm + starting.length; each < size; each++) starting.push(now + startSeconds);
    warm = Math.min(warm, Math.max(0, size - starting.length));
    idleSeconds += warm * stepSeconds;
  }
  return { hits, idleSeconds };
}

/** What the ledger tells of the same claims. */
function demandOf(claims: { at: number; missed: boolean }[], now: number, startSeconds: number): Demand {
  const seen = claims.filter(({ at }) => at > now - seenSeconds);
  let [busiest, first] = [0, 0];
  for (const [index, { at }] of seen.entries()) {
    while (at - (seen[first]?.at ?? at) > startSeconds) first += 1;
    busiest = Math.max(busiest, index - first + 1);
  }
  const missed = seen.filter((each) => each.missed && each.at > now - missedSeconds).length;
  return { claims: seen.length, busiest, missed, startSeconds };
}
