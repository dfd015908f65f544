import { describe, expect, it } from "@jest/globals";
import { groupStarts } from "../../../automation-api/sessions/batches.ts";
import { startsToPlan } from "../../../automation-api/sessions/launches.ts";
import {
  type PlannedSession,
  type PlannedShard,
  planTemplate,
} from "../../../automation-api/sessions/plan.ts";

/** Of an account, as the server keeps them: half a second's worth is left unused. */
const [burst, perSecond] = [90, 20];
const account = { burst: 100, perSecond: 20 };
/** Between two plans, where no update ends. */
const roundSeconds = 2;
/** Longest that a call may wait for its launches. */
const longestWaitSeconds = 8;

interface Update {
  shard: number;
  sessions: string[];
  batches: { size: number; plannedAt: number }[];
}

/**
 * A storm of users on a clock of its own: the real plans, the arithmetic of the bucket, and updates that take so long
 * from being queued with a free slot to their calls. No machine's speed has a part in it.
 */
function storm({ users, slots, updateSeconds }: { users: number; slots: number; updateSeconds: number }) {
  const sessions: PlannedSession[] = Array.from({ length: users }, (_, at) => ({
    id: `s${String(at).padStart(4, "0")}`,
    state: "requested",
    owner: `u${at}`,
    revision: 1,
    shard: null,
    askedAt: 0,
  }));
  const shards = new Map<number, PlannedShard>();
  const queue: Update[] = [];
  const running: { endsAt: number; callsAt: number; hasCalled: boolean; update: Update }[] = [];
  const leads: number[] = [];
  const waits: number[] = [];
  const launches: number[] = [];
  let [tasks, at, planned] = [burst, 0, 0];
  const refill = (now: number) => {
    tasks = Math.min(burst, tasks + (now - at) * perSecond);
    at = now;
  };

  const plan = (now: number) => {
    refill(now);
    const leadSeconds = leads.length > 0 ? Math.min(...leads.slice(-20)) : 0;
    const step = planTemplate({
      revision: 1,
      exists: true,
      backingOff: false,
      rule: { floor: 0, ceiling: 0, paused: false },
      demand: { claims: 0, busiest: 0, missed: 0, startSeconds: null },
      sessions,
      shards: [...shards.values()],
      budget: startsToPlan({ tasks, planned, leadSeconds, perSecond }),
    });
    planned += step.assign.length;
    for (const { id, shard } of step.assign) {
      const session = sessions.find((each) => each.id === id) as PlannedSession;
      Object.assign(session, { shard, plannedAt: now });
    }
    for (const { shard: number, sessions: held } of step.update) {
      const fresh = sessions.filter(({ id, state }) => held.includes(id) && state === "requested");
      for (const session of fresh) session.state = "starting";
      const batches = groupStarts(fresh).map((ids) => {
        const first = sessions.find(({ id }) => id === ids[0]) as PlannedSession & { plannedAt: number };
        return { size: ids.length, plannedAt: first.plannedAt };
      });
      queue.push({ shard: number, sessions: held, batches });
      shards.set(number, {
        number,
        busy: true,
        due: true,
        failures: 0,
        held: shards.get(number)?.held ?? [],
        faults: {},
        error: null,
      });
    }
  };

  const call = (now: number, update: Update): number => {
    let last = now;
    for (const { size, plannedAt } of update.batches) {
      refill(now);
      tasks -= size;
      planned -= size;
      const wait = Math.max(0, -tasks / perSecond);
      leads.push(now - plannedAt);
      waits.push(wait);
      for (let each = 0; each < size; each++) launches.push(now + wait);
      last = Math.max(last, now + wait);
    }
    return last + 0.5;
  };

  let planAt = 0;
  for (let tick = 0; launches.length < users && tick < 100_000; tick++) {
    const now = tick / 10;
    for (const run of running.filter((each) => !each.hasCalled && each.callsAt <= now)) {
      run.hasCalled = true;
      run.endsAt = call(now, run.update);
    }
    for (const run of running.filter((each) => each.hasCalled && each.endsAt <= now)) {
      running.splice(running.indexOf(run), 1);
      const shard = shards.get(run.update.shard) as PlannedShard;
      shards.set(run.update.shard, { ...shard, busy: false, held: run.update.sessions });
      planAt = now;
    }
    if (planAt <= now) {
      plan(now);
      planAt = now + roundSeconds;
    }
    while (running.length < slots && queue.length > 0) {
      const update = queue.shift() as Update;
      running.push({
        callsAt: now + updateSeconds,
        endsAt: Number.POSITIVE_INFINITY,
        hasCalled: false,
        update,
      });
    }
  }
  return { launches, waits };
}

describe("a storm of 500 users", () => {
  /** What the account's limits alone make of it, and one start at its slowest: of 500, about as long as this. */
  const optimum = (500 - account.burst) / account.perSecond;
  const slowestStart = 110;

  it.each([
    ["with updates that take a second", 1],
    ["with updates that take three", 3],
  ])("is launched within 5 % of the optimum %s", (_, updateSeconds) => {
    const { launches } = storm({ users: 500, slots: 2, updateSeconds });
    expect(launches).toHaveLength(500);
    expect((Math.max(...launches) + slowestStart) / (optimum + slowestStart)).toBeLessThanOrEqual(1.05);
  });

  it.each([1, 3, 6, 10])(
    "asks for no launch that would come too late, with updates of %s s",
    (updateSeconds) => {
      const { waits } = storm({ users: 500, slots: 2, updateSeconds });
      expect(Math.max(...waits)).toBeLessThanOrEqual(longestWaitSeconds);
    },
  );
});
