import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE scan (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      host_id text NOT NULL REFERENCES host ON DELETE CASCADE,
      kind text NOT NULL CHECK (kind IN ('quick')),
      -- JSON of what was found, compressed by Zstandard.
      facts bytea NOT NULL,
      raw_bytes int NOT NULL,
      fact_count int NOT NULL,
      milliseconds int NOT NULL,
      requester text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX scan_host ON scan (host_id, id DESC);
    CREATE INDEX scan_organization ON scan (organization_id, id DESC);
  `.execute(db);
}
