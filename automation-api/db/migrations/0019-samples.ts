import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Hosts whose performance is sampled, and when next.
    CREATE TABLE host_sampling (
      host_id text PRIMARY KEY REFERENCES host ON DELETE CASCADE,
      seconds int NOT NULL CHECK (seconds BETWEEN 10 AND 3600),
      next_at timestamptz NOT NULL DEFAULT now(),
      failures int NOT NULL DEFAULT 0,
      fault text
    );
    CREATE INDEX host_sampling_next ON host_sampling (next_at);
    -- Counters as they stood: what lies between any two rows is exact, so that rows between may be dropped.
    CREATE TABLE host_sample (
      host_id text NOT NULL REFERENCES host ON DELETE CASCADE,
      at timestamptz NOT NULL DEFAULT now(),
      booted_at bigint NOT NULL,
      cpu_busy bigint NOT NULL,
      cpu_all bigint NOT NULL,
      memory_used bigint NOT NULL,
      memory_all bigint NOT NULL,
      swap_used bigint NOT NULL,
      read_bytes bigint NOT NULL,
      written_bytes bigint NOT NULL,
      root_used bigint,
      root_all bigint,
      cpu_waited bigint,
      io_waited bigint,
      memory_waited bigint,
      PRIMARY KEY (host_id, at)
    );
  `.execute(db);
}
