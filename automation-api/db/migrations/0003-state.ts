import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE stack (
      id text PRIMARY KEY,
      project_id text NOT NULL REFERENCES project,
      name text NOT NULL,
      tags json NOT NULL DEFAULT '{}',
      -- Configuration as the CLI writes it: key -> {string, secret, object}; secret values are ciphertext.
      config json NOT NULL DEFAULT '{}',
      -- Last published version; 0 before the first update.
      version bigint NOT NULL DEFAULT 0,
      active_update_id text,
      created_at timestamptz NOT NULL DEFAULT now(),
      deleted_at timestamptz
    );
    CREATE UNIQUE INDEX stack_name ON stack (project_id, name) WHERE deleted_at IS NULL;
    CREATE TABLE stack_update (
      id text PRIMARY KEY,
      stack_id text NOT NULL REFERENCES stack,
      kind text NOT NULL CHECK (kind IN ('preview', 'update', 'refresh', 'destroy', 'import')),
      dry_run boolean NOT NULL,
      state text NOT NULL CHECK (state IN ('created', 'running', 'succeeded', 'failed', 'cancelled')),
      -- Set at start for what publishes a version; base_version is frozen then, journal indices refer to it.
      version bigint,
      base_version bigint,
      requester_id text NOT NULL REFERENCES account,
      requester text NOT NULL,
      deployment_id text,
      message text NOT NULL DEFAULT '',
      config json NOT NULL DEFAULT '{}',
      environment json NOT NULL DEFAULT '{}',
      resource_changes json,
      -- Faults that the fold found: gaps, integrity rules.
      faults json NOT NULL DEFAULT '[]',
      journal_version int NOT NULL DEFAULT 0,
      lease_hash bytea,
      lease_expires_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      started_at timestamptz,
      ended_at timestamptz
    );
    CREATE INDEX stack_update_history ON stack_update (stack_id, version DESC);
    CREATE INDEX stack_update_open ON stack_update (lease_expires_at) WHERE state IN ('created', 'running');
    ALTER TABLE stack ADD FOREIGN KEY (active_update_id) REFERENCES stack_update;
    CREATE TABLE journal_entry (
      update_id text NOT NULL REFERENCES stack_update,
      sequence bigint NOT NULL,
      entry text NOT NULL,
      PRIMARY KEY (update_id, sequence)
    );
    CREATE TABLE checkpoint_content (
      hash bytea PRIMARY KEY,
      bytes bytea NOT NULL,
      raw_bytes bigint NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    -- Already compressed: a second compression by the database would cost time for nothing.
    ALTER TABLE checkpoint_content ALTER COLUMN bytes SET STORAGE EXTERNAL;
    CREATE TABLE checkpoint (
      stack_id text NOT NULL REFERENCES stack,
      version bigint NOT NULL,
      update_id text REFERENCES stack_update,
      content_hash bytea NOT NULL REFERENCES checkpoint_content,
      resource_count int NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (stack_id, version)
    );
    CREATE INDEX checkpoint_hash ON checkpoint (content_hash);
    -- What is in the newest version of each stack, for search across stacks.
    CREATE TABLE stack_resource (
      stack_id text NOT NULL REFERENCES stack,
      position int NOT NULL,
      urn text NOT NULL,
      type text NOT NULL,
      name text NOT NULL,
      custom_id text,
      parent_urn text,
      PRIMARY KEY (stack_id, position)
    );
    CREATE INDEX stack_resource_type ON stack_resource (type);
  `.execute(db);
}
