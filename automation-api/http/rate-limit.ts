import { RateLimiterMemory, RateLimiterPostgres, type RateLimiterRes } from "rate-limiter-flexible";
import type { Db } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import { runLimiterStatement } from "./queries.ts";

/** Points bought at once: nine of ten requests cost no round trip to the database. */
const purchase = 10;

/** Limits that hold over all replicas, since they are counted in PostgreSQL. */
export interface RateLimits {
  /** Counts a failed login. @throws rate_limited when there were too many from this address. */
  loginFailed(address: string): Promise<void>;
  /** Counts what anybody may ask for. @throws rate_limited when there was too much of it from this address. */
  asked(address: string): Promise<void>;
  /** Counts a state-changing request. @throws rate_limited. */
  change(accountId: string): Promise<void>;
}

export function createRateLimits(
  db: Db,
  perMinute: { loginFailures: number; signIns: number; changes: number },
): RateLimits {
  const failures = limiter(db, "login", perMinute.loginFailures);
  const signIns = limiter(db, "sign-in", perMinute.signIns);
  const changes = new Allowance(limiter(db, "change", perMinute.changes));
  return {
    async loginFailed(address) {
      await failures.consume(network(address)).catch((reason) => refuse(reason, "Too many failed logins"));
    },
    async asked(address) {
      await signIns.consume(network(address)).catch((reason) => refuse(reason, "Too many sign-ins"));
    },
    async change(accountId) {
      await changes.take(accountId).catch((reason) => refuse(reason, "Too many changes in a short time"));
    },
  };
}

function limiter(db: Db, keyPrefix: string, points: number): RateLimiterPostgres {
  const duration = 60;
  return new RateLimiterPostgres({
    storeClient: {
      query: (statement: { text: string; values: unknown[] }) => runLimiterStatement(db, statement),
    },
    storeType: "client",
    tableName: "rate_limit",
    tableCreated: true,
    keyPrefix,
    points,
    duration,
    inMemoryBlockOnConsumed: points + 1,
    // Without the database each process counts for itself.
    insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration }),
  });
}

/** Points bought from the shared counter and not yet used, per account. */
class Allowance {
  readonly #limiter: RateLimiterPostgres;
  readonly #bought = new Map<string, { left: number; untilMs: number }>();
  readonly #buying = new Map<string, Promise<void>>();

  constructor(limiter: RateLimiterPostgres) {
    this.#limiter = limiter;
  }

  async take(key: string): Promise<void> {
    for (;;) {
      const bought = this.#bought.get(key);
      if (bought && bought.left > 0 && bought.untilMs > performance.now()) {
        bought.left--;
        return;
      }
      const buying = this.#buying.get(key) ?? this.#buy(key).finally(() => this.#buying.delete(key));
      this.#buying.set(key, buying);
      await buying;
    }
  }

  async #buy(key: string): Promise<void> {
    const points = Math.min(purchase, this.#limiter.points);
    const { msBeforeNext } = await this.#limiter.consume(key, points);
    this.#bought.set(key, { left: points, untilMs: performance.now() + msBeforeNext });
  }
}

function refuse(reason: unknown, message: string): never {
  if (reason instanceof Error) throw reason;
  const retryAfterSeconds = (reason as RateLimiterRes).msBeforeNext / 1000;
  throw new RoostError("rate_limited", `${message}; try again in ${Math.ceil(retryAfterSeconds)} s.`, {
    retryAfterSeconds,
  });
}

/** One customer has a whole /64 of IPv6 addresses: they count as one. */
function network(address: string): string {
  return address.includes(":") && !address.startsWith("::ffff:")
    ? address.split(":").slice(0, 4).join(":")
    : address;
}
