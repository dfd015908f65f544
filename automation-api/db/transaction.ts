import type { Kysely, Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/** The pool, or a transaction on it: queries take either. */
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

/** SQLSTATEs after which the same transaction may be tried again: serialization failure, deadlock. */
const retryable = new Set(["40001", "40P01"]);

/** Runs `work` in one transaction, again (3 times at most) after a deadlock or a serialization failure. */
export async function transaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let fault: unknown;
    const noting = async (tx: Tx): Promise<T> => {
      try {
        return await work(tx);
      } catch (error) {
        fault = error;
        throw error;
      }
    };
    try {
      return await db.transaction().execute(noting);
    } catch (last) {
      // Where the connection is gone the rollback fails too, and would hide what happened first.
      const error = fault ?? last;
      if (attempt === 3 || !retryable.has((error as { code?: string }).code ?? "")) throw error;
    }
  }
}

/** Whether the database could not be reached or was shutting down: the same work may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code && /^(08|57P0|53300|ECONN|ENOENT|EPIPE|ETIMEDOUT|EAI_)/.test(code)) return true;
  return /Connection terminated|not queryable|timeout exceeded when trying to connect|connection is closed/i.test(
    message ?? "",
  );
}
