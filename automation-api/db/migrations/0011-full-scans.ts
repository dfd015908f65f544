import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE scan DROP CONSTRAINT scan_kind_check;
    ALTER TABLE scan ADD CONSTRAINT scan_kind_check CHECK (kind IN ('quick', 'full'));
  `.execute(db);
}
