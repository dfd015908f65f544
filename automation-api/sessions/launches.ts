import { setTimeout as wait } from "node:timers/promises";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import * as queries from "./launch-queries.ts";

/** Calls that start tasks, in all: ECS takes so many at once, and so many by the second. */
const callLimit = { burst: 20, perSecond: 20 };
/**
 * A call is on its way for a while, and one that is late may meet the next: so many seconds' worth of launches are left
 * unused, and the account's own bucket is never found empty.
 */
const marginSeconds = 0.5;
/** The longest that a call waits for its launches: a start has to be accepted within ten seconds. */
const longestWaitSeconds = 8;
/**
 * Starts are planned so far ahead of their launches, beside what lies between a plan and its calls: that differs from
 * update to update, and plans are made every two seconds.
 */
const aheadSeconds = 4;
/** Between a plan and its calls more is not made up for: a machine that is so slow starts less. */
const longestLeadSeconds = 30;

/** What an account lets be started, and where. */
export interface LaunchLimit {
  /** Of the target, as it names itself. */
  place: string;
  /** Tasks at once. */
  burst: number;
  /** Tasks by the second, after that. */
  perSecond: number;
}

/**
 * The launch limits of an account as a bucket in the database, which all replicas draw from: together they are not
 * throttled, and nobody's call is lost. Judged by the database's clock.
 */
export class Launches {
  readonly limit: LaunchLimit;
  readonly #db: Db;
  readonly #bucket: queries.BucketSize;

  constructor(db: Db, limit: LaunchLimit) {
    this.limit = limit;
    this.#db = db;
    const { place, burst, perSecond } = limit;
    const tasks = Math.max(1, burst - marginSeconds * perSecond);
    this.#bucket = {
      place,
      tasks,
      perSecond,
      calls: callLimit.burst / 2,
      callsPerSecond: callLimit.perSecond,
    };
  }

  /**
   * Takes the launches of a batch, and waits until they are there. In turn: who asks first is first.
   * @throws unavailable when that would take too long; nothing is taken then
   */
  async take({ id, sessions }: { id: string; sessions: string[] }, signal: AbortSignal): Promise<void> {
    const seconds = await transaction(this.#db, async (tx) => {
      await queries.ensureBucket(tx, this.#bucket);
      const taken = await queries.takeLaunches(tx, this.#bucket, sessions.length, longestWaitSeconds);
      if (taken !== undefined) await queries.markLaunched(tx, id, taken);
      return taken;
    });
    if (seconds === undefined) {
      throw new RoostError("unavailable", `More is being started at ${this.limit.place} than it takes now.`);
    }
    if (seconds > 0) await wait(seconds * 1000, undefined, { signal });
  }

  /**
   * Starts that may be planned now: what is there and comes soon, less what is planned and not launched. Planners take
   * turns until their transactions end.
   */
  async budget(tx: Tx): Promise<number> {
    await queries.ensureBucket(tx, this.#bucket);
    const tasks = await queries.lockBucket(tx, this.#bucket);
    const planned = await queries.countUnlaunched(tx, this.limit.place);
    const leadSeconds = await queries.readLead(tx, this.limit.place);
    return startsToPlan({ tasks, planned, leadSeconds, perSecond: this.limit.perSecond });
  }
}

/**
 * Starts to plan, so that launches never lie idle and no call waits for longer than it may.
 * @param given what is in the bucket (below zero: taken ahead), what is planned and not launched, and how long it took
 *   from plans to calls lately
 */
export function startsToPlan(given: {
  tasks: number;
  planned: number;
  leadSeconds: number;
  perSecond: number;
}): number {
  const { tasks, planned, leadSeconds, perSecond } = given;
  const ahead = aheadSeconds + Math.min(leadSeconds, longestLeadSeconds);
  return Math.max(0, Math.floor(tasks + ahead * perSecond) - planned);
}
