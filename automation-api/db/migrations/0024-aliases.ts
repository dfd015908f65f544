import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- An account's aliases, whatever machine they were found on.
    CREATE TABLE alias (
      account_id text NOT NULL REFERENCES account ON DELETE CASCADE,
      kind text NOT NULL,
      name text NOT NULL,
      definition jsonb NOT NULL,
      hides text,
      imported_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (account_id, kind, name)
    );
  `.execute(db);
}
