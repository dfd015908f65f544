import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  assignShards,
  type Demand,
  fairOrder,
  type PlannedSession,
  type PlannedShard,
  planTemplate,
  poolSize,
  programOf,
  shardSize,
  type TemplateFacts,
} from "../../../automation-api/sessions/plan.ts";

const rule = { floor: 2, ceiling: 20, paused: false };
const demand = (claims: number, busiest = 0, missed = 0, startSeconds: number | null = 10): Demand => ({
  claims,
  busiest,
  missed,
  startSeconds,
});
const quiet = demand(0);

describe("the size of a pool", () => {
  it.each<[string, Demand, Partial<typeof rule>, number]>([
    ["the floor, when nobody came", quiet, {}, 2],
    ["the floor, before there is enough to tell", demand(2, 2, 2), {}, 2],
    ["the floor, when no start was seen", demand(50, 50, 0, null), {}, 2],
    ["the floor, when few come at once", demand(50, 1), {}, 2],
    ["none, when it is paused", demand(50, 9), { paused: true }, 0],
    ["the ceiling over the floor", quiet, { floor: 30 }, 20],
    ["what came during one start when it was busiest", demand(50, 9), {}, 9],
    ["as much more as was missed by the minute", demand(50, 9, 6), {}, 11],
    ["the ceiling, when all come at once", demand(3_000, 3_000), {}, 20],
    ["none to many: scale to zero has no floor", demand(50, 3), { floor: 0 }, 3],
  ])("is %s", (_name, seen, change, expected) => {
    expect(poolSize(seen, { ...rule, ...change })).toBe(expected);
  });

  it("never leaves its bounds, whatever is counted", () => {
    const seen = fc.record({
      claims: fc.nat(5_000),
      busiest: fc.nat(5_000),
      missed: fc.nat(5_000),
      startSeconds: fc.option(fc.double({ min: 0, max: 600, noNaN: true })),
    });
    fc.assert(
      fc.property(seen, fc.nat(50), fc.nat(50), (counted, floor, ceiling) => {
        const size = poolSize(counted, { floor, ceiling, paused: false });
        expect(size).toBeGreaterThanOrEqual(Math.min(floor, ceiling));
        expect(size).toBeLessThanOrEqual(ceiling);
      }),
    );
  });
});

let asked = 0;
const session = (id: string, change: Partial<PlannedSession> = {}): PlannedSession => ({
  id,
  state: "active",
  owner: "ann",
  revision: 1,
  shard: 1,
  askedAt: asked++,
  ...change,
});
const member = (id: string, state: PlannedSession["state"], change: Partial<PlannedSession> = {}) =>
  session(id, { state, owner: null, ...change });
const shard = (number: number, held: string[], change: Partial<PlannedShard> = {}): PlannedShard => ({
  number,
  held,
  busy: false,
  due: true,
  failures: 0,
  faults: {},
  error: null,
  ...change,
});
const facts = (change: Partial<TemplateFacts>): TemplateFacts => ({
  revision: 1,
  exists: true,
  backingOff: false,
  rule: { floor: 0, ceiling: 20, paused: false },
  demand: quiet,
  sessions: [],
  shards: [],
  budget: Number.POSITIVE_INFINITY,
  ...change,
});

describe("the pool", () => {
  it("is filled to its size, counting what is on its way", () => {
    const sessions = [member("a", "warm"), member("b", "starting")];
    expect(planTemplate(facts({ rule: { ...rule, floor: 5 }, sessions })).add).toBe(3);
  });

  it("does not grow while failed starts make it wait", () => {
    expect(planTemplate(facts({ rule, backingOff: true })).add).toBe(0);
  });

  it("shrinks at once, by what cost least", () => {
    const sessions = [
      member("old", "warm"),
      member("new", "warm"),
      member("starts", "starting"),
      member("asked", "requested", { shard: null }),
    ];
    const stop = (floor: number) =>
      planTemplate(facts({ rule: { ...rule, floor }, sessions })).stop.map(({ id }) => id);
    expect(stop(3)).toEqual(["asked"]);
    expect(stop(2)).toEqual(["asked", "starts"]);
    expect(stop(1)).toEqual(["asked", "starts", "new"]);
  });

  it("is made anew from a new revision, and what users have stays", () => {
    const sessions = [member("pooled", "warm"), session("used")];
    const plan = planTemplate(
      facts({ revision: 2, rule: { ...rule, floor: 1 }, sessions, shards: [shard(1, ["pooled", "used"])] }),
    );
    expect(plan).toMatchObject({ add: 1, stop: [{ id: "pooled", reason: "outdated" }] });
    expect(plan.update).toEqual([{ shard: 1, sessions: ["used"] }]);
  });

  it("goes with a template that is deleted", () => {
    const plan = planTemplate(facts({ exists: false, rule, sessions: [member("pooled", "warm")] }));
    expect(plan).toMatchObject({ add: 0, stop: [{ id: "pooled", reason: "outdated" }] });
  });
});

describe("the program of a shard", () => {
  it("holds what is wanted, starts or runs, and nothing that is ending or over", () => {
    const sessions = (
      ["requested", "starting", "warm", "active", "stopping", "stopped", "failed"] as const
    ).map((state) => session(state, { state }));
    expect(programOf([...sessions, session("elsewhere", { shard: 2 })], 1)).toEqual([
      "active",
      "requested",
      "starting",
      "warm",
    ]);
  });

  it("is updated once for all that came: starts and ends together", () => {
    const sessions = [
      session("stays"),
      session("ends", { state: "stopping" }),
      session("new", { state: "requested", shard: null }),
      session("newer", { state: "requested", shard: null }),
    ];
    const plan = planTemplate(facts({ sessions, shards: [shard(1, ["stays", "ends"])] }));
    expect(plan.assign).toEqual([
      { id: "new", shard: 1 },
      { id: "newer", shard: 1 },
    ]);
    expect(plan.update).toEqual([{ shard: 1, sessions: ["new", "newer", "stays"] }]);
    expect(plan.gone).toEqual([]);
  });

  it.each<[string, Partial<PlannedShard>]>([
    ["while an update of it is queued or runs", { busy: true }],
    ["before its time after a failure", { due: false }],
    ["that is as it should be", { held: ["a", "b"] }],
  ])("is not updated %s", (_name, change) => {
    const sessions = [session("a"), session("b", { state: "starting" })];
    expect(planTemplate(facts({ sessions, shards: [shard(1, ["a"], change)] })).update).toEqual([]);
  });

  it("is the same for a session whoever has it: a claim and an extension make no update", () => {
    const shards = [shard(1, ["a"])];
    expect(
      planTemplate(facts({ sessions: [member("a", "warm")], rule: { ...rule, floor: 1 }, shards })).update,
    ).toEqual([]);
    expect(planTemplate(facts({ sessions: [session("a")], shards })).update).toEqual([]);
  });
});

describe("what an update could not start", () => {
  const starting = session("a", { state: "starting" });

  it("fails with what was said of it, and leaves the program", () => {
    const sessions = [starting, session("b")];
    const shards = [shard(1, ["b"], { faults: { a: "no room" }, error: "update failed" })];
    const plan = planTemplate(facts({ sessions, shards }));
    expect(plan.fail).toEqual([{ id: "a", error: "no room" }]);
    expect(plan.update).toEqual([]);
  });

  it("is tried again when nothing was said of it, three times", () => {
    const at = (failures: number) =>
      planTemplate(
        facts({ sessions: [starting], shards: [shard(1, [], { failures, error: "the engine died" })] }),
      );
    expect(at(2)).toMatchObject({ fail: [], update: [{ shard: 1, sessions: ["a"] }] });
    expect(at(3)).toMatchObject({ fail: [{ id: "a" }], update: [] });
    expect(at(3).fail[0]?.error).toContain("the engine died");
  });

  it("is not judged while an update runs", () => {
    const shards = [shard(1, [], { busy: true, faults: { a: "of the update before" } })];
    expect(planTemplate(facts({ sessions: [starting], shards })).fail).toEqual([]);
  });
});

it("what is stopping is over when nothing of it is left in its stack, and not before", () => {
  const sessions = [session("a", { state: "stopping" })];
  const gone = (change: Partial<PlannedShard>) =>
    planTemplate(facts({ sessions, shards: [shard(1, [], change)] })).gone;
  expect(gone({ held: ["a"] })).toEqual([]);
  expect(gone({ busy: true })).toEqual([]);
  expect(gone({})).toEqual(["a"]);
});

describe("shards", () => {
  const requested = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      session(`n${index}`, { state: "requested", shard: null, owner: `u${index}` }),
    );

  it("are filled in their order, never above their size", () => {
    const held = Array.from({ length: shardSize - 1 }, (_, index) => `held${index}`);
    const placed = assignShards(requested(3), [shard(1, held)], 10);
    expect(placed.map((each) => each.shard)).toEqual([1, 2, 2]);
  });

  it.each([
    ["one in which nothing is under way comes before one that is busy", [{ busy: true }, {}], [2, 2]],
    ["a new one is begun where all are busy", [{ busy: true }], [2, 2]],
    ["up to three in all: then one waits", [{ busy: true }, { busy: true }, { busy: true }], [1, 1]],
  ])("%s", (_, states, numbers) => {
    const shards = states.map((state, at) => shard(at + 1, [], state));
    expect(assignShards(requested(2), shards, 10).map((each) => each.shard)).toEqual(numbers);
  });

  it("take no more than the target starts now", () => {
    expect(assignShards(requested(5), [], 2)).toHaveLength(2);
  });

  it("hold at most their size, however sessions lie", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 3 })), { maxLength: 350 }), (places) => {
        const sessions = places.map((number, index) =>
          session(`s${index}`, number === null ? { state: "requested", shard: null } : { shard: number }),
        );
        const full = (number: number) => places.filter((each) => each === number).length > shardSize;
        const placed = assignShards(sessions, [], Number.POSITIVE_INFINITY);
        const sizes = new Map<number, number>();
        for (const { shard: number } of [...sessions.filter((each) => each.shard !== null), ...placed])
          sizes.set(number as number, (sizes.get(number as number) ?? 0) + 1);
        for (const [number, size] of sizes) if (!full(number)) expect(size).toBeLessThanOrEqual(shardSize);
      }),
    );
  });
});

it("users come before the pool, and who asks for many waits for who asks for one", () => {
  const ask = (id: string, owner: string | null) => session(id, { state: "requested", shard: null, owner });
  const order = fairOrder([
    ask("pool", null),
    ask("a1", "ann"),
    ask("a2", "ann"),
    ask("a3", "ann"),
    ask("b1", "ben"),
  ]);
  expect(order.map(({ id }) => id)).toEqual(["a1", "b1", "a2", "a3", "pool"]);
});
