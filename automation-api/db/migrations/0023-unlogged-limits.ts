import { type Kysely, sql } from "kysely";

/** What was counted for a minute need not outlive a crash, so nobody's request waits until it is on the disk. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE rate_limit SET UNLOGGED`.execute(db);
}
