import { CompiledQuery, type QueryResult } from "kysely";
import type { Db, Tx } from "../../db/transaction.ts";

/**
 * A statement that each connection plans once. The driver takes a named
 * statement wherever it takes text, and planning costs as much as running for
 * the few statements that come thousands of times per update.
 */
export function prepared<Row>(name: string, text: string) {
  return (db: Db | Tx, values: readonly unknown[]): Promise<QueryResult<Row>> => {
    const query = CompiledQuery.raw("", [...values]);
    return db.executeQuery<Row>({ ...query, sql: { name, text } as unknown as string } as CompiledQuery<Row>);
  };
}
