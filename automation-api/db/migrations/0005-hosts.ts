import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE credential DROP CONSTRAINT credential_kind_check;
    ALTER TABLE credential ADD CONSTRAINT credential_kind_check CHECK (kind IN ('git', 'ssh'));
    ALTER TABLE credential ADD COLUMN rotated_at timestamptz;
    -- Id of the project or host that it was used for last.
    ALTER TABLE credential ADD COLUMN last_used_by text;
    CREATE TABLE host (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      name text NOT NULL,
      address text NOT NULL,
      port int NOT NULL CHECK (port BETWEEN 1 AND 65535),
      username text NOT NULL,
      -- Type and base64 of the one key that the host is known by; never absent.
      host_key text NOT NULL,
      host_key_trust text NOT NULL CHECK (host_key_trust IN ('verified', 'first-use')),
      host_key_accepted_by text NOT NULL,
      host_key_accepted_at timestamptz NOT NULL DEFAULT now(),
      credential_id text REFERENCES credential,
      bastion_id text REFERENCES host CHECK (bastion_id <> id),
      labels jsonb NOT NULL DEFAULT '{}',
      -- What the last check found: "healthy" or what was wrong; of this version of the row.
      health text,
      health_detail json,
      checked_at timestamptz,
      -- Raised by each change, so that two people do not undo each other's.
      version int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (organization_id, name)
    );
    CREATE INDEX host_labels ON host USING gin (labels);
    CREATE INDEX host_credential ON host (credential_id);
    CREATE INDEX host_bastion ON host (bastion_id);
    CREATE TABLE host_group (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      name text NOT NULL,
      -- Labels that a host must all have to belong to it.
      selector jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (organization_id, name)
    );
  `.execute(db);
}
