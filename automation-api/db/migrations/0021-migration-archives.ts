import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What hosts are taken over to others by: signed, and kept encrypted, since configuration may hold secrets.
    CREATE TABLE migration_archive (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      -- Where it was made, which may have been in another inventory.
      host_id text NOT NULL,
      host_name text NOT NULL,
      made_at timestamptz NOT NULL,
      key_id text NOT NULL,
      sha256 bytea NOT NULL,
      size integer NOT NULL,
      contains jsonb NOT NULL,
      content bytea NOT NULL,
      requester text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    ALTER TABLE migration_archive ALTER COLUMN content SET STORAGE EXTERNAL;
    CREATE INDEX migration_archive_organization ON migration_archive (organization_id, id);
  `.execute(db);
}
