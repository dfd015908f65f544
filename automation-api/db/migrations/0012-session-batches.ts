import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Starts that are one call to a target that counts calls: the intent, written before the call. What it holds never
    -- changes, so that the call can be repeated.
    CREATE TABLE session_batch (
      id text PRIMARY KEY,
      template_id text NOT NULL REFERENCES template,
      -- Where its launches are counted.
      place text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      -- When its call may be made, or was; null: it has no launches yet.
      launched_at timestamptz
    );
    CREATE INDEX session_batch_waiting ON session_batch (place) WHERE launched_at IS NULL;
    ALTER TABLE session ADD COLUMN batch_id text REFERENCES session_batch;
    CREATE INDEX session_batch_member ON session (batch_id) WHERE batch_id IS NOT NULL;

    -- What a place lets be launched now, as far as all replicas together have used it. Below zero: taken ahead.
    CREATE TABLE launch_bucket (
      place text PRIMARY KEY,
      tasks float8 NOT NULL,
      calls float8 NOT NULL,
      refilled_at timestamptz NOT NULL
    );
  `.execute(db);
}
