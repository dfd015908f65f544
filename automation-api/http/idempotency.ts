import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Db } from "../db/transaction.ts";
import { invalid, RoostError } from "../errors.ts";
import { idempotencyStaleSeconds, idempotencyWaitMs } from "./limits.ts";
import * as queries from "./queries.ts";
import type { RouteReply } from "./route.ts";

export interface IdempotentRequest {
  accountId: string;
  key: string;
  requestId: string;
  method: string;
  /** Path and query as sent. */
  url: string;
  body: Buffer;
}

/** Reads the Idempotency-Key header. @throws invalid when it is none. */
export function readKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(header)) {
    throw invalid("header.idempotency-key", "expected 1 to 200 visible ASCII characters without spaces");
  }
  return header;
}

/**
 * Runs `work` once per account and key. A repetition gets the first reply;
 * one that comes while the first is at work waits for it, then gets 409. A
 * failed request leaves nothing behind, so that it can be tried again. After
 * a crash the audit trail, written in the transaction of the effect, tells
 * whether the first request did anything.
 */
export async function once(
  db: Db,
  request: IdempotentRequest,
  work: () => Promise<RouteReply>,
): Promise<RouteReply> {
  const hash = createHash("sha256")
    .update(`${request.method} ${request.url}\n`)
    .update(request.body)
    .digest();
  if (!(await queries.claimKey(db, request, hash))) {
    const earlier = await earlierReply(db, request, hash);
    if (earlier) return earlier;
  }
  let reply: RouteReply;
  try {
    reply = await work();
  } catch (error) {
    await queries.dropKey(db, request);
    throw error;
  }
  await queries.keepReply(db, request, reply);
  return reply;
}

/** The reply of the first request, or undefined when that one is dead and without effect: then it is our turn. */
async function earlierReply(
  db: Db,
  request: IdempotentRequest,
  hash: Buffer,
): Promise<RouteReply | undefined> {
  const deadline = performance.now() + idempotencyWaitMs;
  for (;;) {
    const row = await queries.findKey(db, request.accountId, request.key, idempotencyStaleSeconds);
    if (!row) {
      if (await queries.claimKey(db, request, hash)) return undefined;
      continue;
    }
    if (!hash.equals(row.requestHash)) {
      throw new RoostError("unprocessable", "This Idempotency-Key was used for another request.", {
        faults: [{ field: "header.idempotency-key", message: "was used for another request" }],
      });
    }
    if (row.status !== null) {
      const headers = { ...row.headers, "idempotency-replayed": "true" };
      return { status: row.status, body: row.reply ?? undefined, headers };
    }
    if (row.stale) {
      await refuseIfEffective(db, row.requestId);
      if (await queries.takeOverKey(db, request, row.requestId)) return undefined;
      continue;
    }
    if (performance.now() > deadline) {
      throw new RoostError("conflict", "The first request with this Idempotency-Key is still at work.", {
        retryAfterSeconds: 5,
      });
    }
    await wait(50);
  }
}

async function refuseIfEffective(db: Db, requestId: string): Promise<void> {
  const effects = await queries.findEffects(db, requestId);
  if (effects.length === 0) return;
  const list = effects.map(({ action, object }) => `${action} of ${object}`).join(", ");
  throw new RoostError(
    "conflict",
    `The first request took effect, but its reply was lost in a crash: ${list}.`,
  );
}
