import type { SessionState } from "./contract.ts";

/** Sessions that one stack holds at most: what an update costs grows with them. */
export const shardSize = 100;
/**
 * Where starts are limited, shards among which new sessions pass by those that are busy: a launch must not lie idle until
 * an update of others ends. Elsewhere all that comes meanwhile is one update, which costs less.
 */
const lanesOfLimited = 3;
/** Updates of a shard that fail in a row before what they could not start is given up. */
const patience = 3;

/** Who came for sessions of a template. */
export interface Demand {
  /** Claims of the newest two hours. */
  claims: number;
  /** Of these, the most that came within the time of one start. */
  busiest: number;
  /** Of the newest five minutes, those whose user had to wait. */
  missed: number;
  /** Of nine in ten starts; null: too few to tell. */
  startSeconds: number | null;
}

export interface PoolRule {
  floor: number;
  ceiling: number;
  /** True: nothing is kept warm, and what is goes. */
  paused: boolean;
}

/** Claims of two hours below which nothing can be told of the next. */
const leastClaims = 3;
const minutesOfMissed = 5;

/**
 * How many sessions should wait for users: as many as came in the time of one start when it was busiest, since those
 * who come together once (a class that begins) do so again, and as many more as were missed by the minute just now.
 * Before there is data: the floor.
 */
export function poolSize(
  { claims, busiest, missed, startSeconds }: Demand,
  { floor, ceiling, paused }: PoolRule,
): number {
  if (paused) return 0;
  if (claims < leastClaims || startSeconds === null) return Math.min(floor, ceiling);
  return Math.min(ceiling, Math.max(floor, busiest + Math.ceil(missed / minutesOfMissed)));
}

/** A session that is not over, as the plan sees it. */
export interface PlannedSession {
  id: string;
  state: SessionState;
  /** Null: of the pool. */
  owner: string | null;
  revision: number;
  shard: number | null;
  /** Order in which it was asked for. */
  askedAt: number;
}

/** A shard stack as it is now. */
export interface PlannedShard {
  number: number;
  /** True while an update of it is queued or runs. */
  busy: boolean;
  /** False while it has to wait after a failure. */
  due: boolean;
  failures: number;
  /** Sessions that are resources in its state. */
  held: string[];
  /** What its last update said of single sessions that failed. */
  faults: Record<string, string>;
  /** Why its last update failed as a whole; null: it did not. */
  error: string | null;
}

export interface TemplateFacts {
  revision: number;
  /** False when the template was deleted: then only what users have goes on. */
  exists: boolean;
  /** True while its pool waits after failed starts. */
  backingOff: boolean;
  rule: PoolRule;
  demand: Demand;
  sessions: PlannedSession[];
  shards: PlannedShard[];
  /** Starts that the target takes now. Infinity: as many as there are. */
  budget: number;
}

export interface TemplatePlan {
  /** New members of the pool. */
  add: number;
  /** Members of the pool to stop, with why. */
  stop: { id: string; reason: "surplus" | "outdated" }[];
  /** Sessions that no shard had, with the one that takes each. */
  assign: { id: string; shard: number }[];
  /** Sessions whose start failed, with why. */
  fail: { id: string; error: string }[];
  /** Sessions that are stopping and of which nothing is left in their stack. */
  gone: string[];
  /** Shards whose state differs from what they should hold, with what they should hold. */
  update: { shard: number; sessions: string[] }[];
}

/** The next step of a template: pool, shards and programs from what is there. Pure; the keeper carries it out. */
export function planTemplate(facts: TemplateFacts): TemplatePlan {
  const { add, stop } = planPool(facts);
  const stopped = new Set(stop.map(({ id }) => id));
  const fail = failures(facts);
  const over = new Set([...stopped, ...fail.map(({ id }) => id)]);
  const live = facts.sessions.filter(({ id }) => !over.has(id));
  const assign = assignShards(live, facts.shards, facts.budget);
  return { add, stop, assign, fail, gone: goneOf(facts), update: updates(live, assign, facts.shards) };
}

/** Shrinking acts at once, on what cost least: what is not launched yet, then what starts, then the newest. */
function planPool({ sessions, demand, rule, revision, exists, backingOff }: TemplateFacts) {
  const isPool = ({ owner, state }: PlannedSession) =>
    owner === null && ["requested", "starting", "warm"].includes(state);
  const pool = sessions.filter(isPool);
  const outdated = pool.filter((each) => each.revision !== revision || !exists);
  const current = pool.filter((each) => !outdated.includes(each));
  const wanted = exists ? poolSize(demand, rule) : 0;
  const cost = { requested: 0, starting: 1, warm: 2 } as Record<string, number>;
  const cheapest = current.toSorted(
    (a, b) => (cost[a.state] ?? 0) - (cost[b.state] ?? 0) || b.askedAt - a.askedAt,
  );
  const surplus = cheapest.slice(0, Math.max(0, current.length - wanted));
  return {
    add: backingOff ? 0 : Math.max(0, wanted - current.length),
    stop: [
      ...outdated.map(({ id }) => ({ id, reason: "outdated" as const })),
      ...surplus.map(({ id }) => ({ id, reason: "surplus" as const })),
    ],
  };
}

/**
 * In what order starts get their turn when not all can: users before the pool, and of users one of each in turn, so
 * that who asks for many waits longer than who asks for one.
 */
export function fairOrder(sessions: PlannedSession[]): PlannedSession[] {
  const turns = new Map<string, number>();
  const ranked = sessions
    .toSorted((a, b) => a.askedAt - b.askedAt)
    .map((session) => {
      if (session.owner === null) return { session, turn: Number.POSITIVE_INFINITY };
      const turn = turns.get(session.owner) ?? 0;
      turns.set(session.owner, turn + 1);
      return { session, turn };
    });
  return ranked.sort((a, b) => (a.turn === b.turn ? 0 : a.turn - b.turn)).map(({ session }) => session);
}

/**
 * Fills the shards in the order of their numbers, then begins new ones; where starts are limited, first those in
 * which nothing is under way, as far as the lanes go.
 */
export function assignShards(
  sessions: PlannedSession[],
  shards: Pick<PlannedShard, "number" | "held" | "busy">[],
  budget: number,
): TemplatePlan["assign"] {
  const members = new Map<number, Set<string>>(shards.map(({ number, held }) => [number, new Set(held)]));
  const busy = new Set(shards.filter((each) => each.busy).map(({ number }) => number));
  const lanes = Number.isFinite(budget) ? lanesOfLimited : 0;
  const hasRoom = (number: number) => (members.get(number)?.size ?? 0) < shardSize;
  for (const { id, shard } of sessions) {
    if (shard !== null) members.set(shard, (members.get(shard) ?? new Set()).add(id));
  }
  const waiting = sessions.filter(({ state, shard }) => state === "requested" && shard === null);
  return fairOrder(waiting)
    .slice(0, Math.max(0, budget))
    .map(({ id }) => {
      const most = Math.max(lanes, ...members.keys());
      const numbers = Array.from({ length: most + 1 }, (_, at) => at + 1).filter(hasRoom);
      const free = lanes > 0 ? numbers.find((each) => each <= most && !busy.has(each)) : undefined;
      const number = free ?? (numbers[0] as number);
      members.set(number, (members.get(number) ?? new Set()).add(id));
      return { id, shard: number };
    });
}

/** What a shard stack's program holds: exactly the sessions that should be there, in an order of its own. */
export function programOf(
  sessions: Pick<PlannedSession, "id" | "state" | "shard">[],
  shard: number,
): string[] {
  const inProgram = (state: SessionState) => ["requested", "starting", "warm", "active"].includes(state);
  return sessions
    .filter((session) => session.shard === shard && inProgram(session.state))
    .map(({ id }) => id)
    .sort();
}

/**
 * Shards that need an update. None for one that is busy: whatever comes meanwhile goes into its next one together.
 */
function updates(
  live: PlannedSession[],
  assign: TemplatePlan["assign"],
  shards: PlannedShard[],
): TemplatePlan["update"] {
  const assigned = new Map(assign.map(({ id, shard }) => [id, shard]));
  const placed = live.map((session) => ({
    ...session,
    shard: session.shard ?? assigned.get(session.id) ?? null,
  }));
  const numbers = new Set([
    ...shards.map(({ number }) => number),
    ...placed.flatMap(({ shard }) => (shard === null ? [] : [shard])),
  ]);
  return [...numbers]
    .sort((a, b) => a - b)
    .flatMap((number) => {
      const shard = shards.find((each) => each.number === number);
      if (shard?.busy || shard?.due === false) return [];
      const sessions = programOf(placed, number);
      const held = new Set(shard?.held ?? []);
      const isSame = sessions.length === held.size && sessions.every((id) => held.has(id));
      return isSame ? [] : [{ shard: number, sessions }];
    });
}

/** A session that an update could not make: by what was said of it, or because nothing got its shard further. */
function failures({ sessions, shards }: TemplateFacts): TemplatePlan["fail"] {
  return sessions.flatMap(({ id, state, shard: number }) => {
    const shard = shards.find((each) => each.number === number);
    if (state !== "starting" || !shard || shard.busy || shard.held.includes(id)) return [];
    const fault = shard.faults[id];
    if (fault !== undefined) return [{ id, error: fault }];
    if (shard.failures < patience) return [];
    return [
      { id, error: `${shard.failures} updates of its stack failed: ${shard.error ?? "no reason was given"}` },
    ];
  });
}

function goneOf({ sessions, shards }: TemplateFacts): string[] {
  return sessions
    .filter(({ id, state, shard: number }) => {
      if (state !== "stopping") return false;
      const shard = shards.find((each) => each.number === number);
      return shard === undefined || (!shard.busy && !shard.held.includes(id));
    })
    .map(({ id }) => id);
}
