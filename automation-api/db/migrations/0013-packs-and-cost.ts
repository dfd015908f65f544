import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What is forced on a project may hold packs of its own.
    UPDATE project SET policies = policies || '{"packs": []}' WHERE policies IS NOT NULL AND NOT policies ? 'packs';
    -- What a preview or an update would make, or has made, of the cost of its stack.
    ALTER TABLE deployment ADD COLUMN cost jsonb;
  `.execute(db);
}
