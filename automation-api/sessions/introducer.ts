import { randomBytes } from "node:crypto";
import { hashToken } from "../access/service.ts";
import type { Db } from "../db/transaction.ts";
import * as queries from "./credential-queries.ts";

const answerMilliseconds = 2_000;
const tokenSeconds = 60;

/**
 * Tells the workload of a session whom it works for: until a claim it holds nothing of any user, and then it is
 * handed a token that is good once, for a minute, for this session alone.
 * @returns whether it took the token; the keeper asks again for those that did not.
 */
export async function introduce(db: Db, { id, address, port, path }: queries.Introduction): Promise<boolean> {
  const token = `roost_ses_${randomBytes(32).toString("base64url")}`;
  const made = await queries.insertCredential(db, {
    hash: hashToken(token),
    sessionId: id,
    kind: "identity",
    tokenId: null,
    seconds: tokenSeconds,
  });
  if (!made) return false;
  const host = address.includes(":") ? `[${address}]` : address;
  try {
    const response = await fetch(`http://${host}:${port}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ session: id, token }),
      // What a workload answers must not lead a token of ours elsewhere.
      redirect: "error",
      signal: AbortSignal.timeout(answerMilliseconds),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Tells those who have not fetched it yet, some at once. */
export async function introduceAll(db: Db, id?: string): Promise<void> {
  const waiting = await queries.listIntroductions(db, 20, id);
  await Promise.all(waiting.map((each) => introduce(db, each)));
}
