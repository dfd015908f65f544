import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What is known of each reset outlives the host in the inventory: its undo record stays on the machine.
    CREATE TABLE reset (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      host_id text REFERENCES host ON DELETE SET NULL,
      host_name text NOT NULL,
      profile text CHECK (profile IN ('light', 'medium', 'deep', 'nuclear')),
      selection jsonb NOT NULL,
      -- JSON of what would be done and of what that would change, compressed by Zstandard; its SHA-256.
      plan bytea NOT NULL,
      plan_hash text NOT NULL,
      summary jsonb NOT NULL,
      -- The way back, once it was asked for, is another one.
      deployment_id text,
      undo_deployment_id text,
      requester text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX reset_organization ON reset (organization_id, id DESC);
  `.execute(db);
}
