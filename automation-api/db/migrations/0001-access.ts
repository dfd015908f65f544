import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One row: tells a wrong master key before anything is encrypted with it.
    CREATE TABLE installation (
      id boolean PRIMARY KEY DEFAULT true CHECK (id),
      key_check bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE organization (
      id text PRIMARY KEY,
      name text NOT NULL UNIQUE,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE account (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      name text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('person', 'service')),
      created_at timestamptz NOT NULL DEFAULT now(),
      disabled_at timestamptz,
      UNIQUE (organization_id, name)
    );
    CREATE TABLE project (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      name text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (organization_id, name)
    );
    CREATE TABLE role_binding (
      account_id text NOT NULL REFERENCES account,
      project_id text REFERENCES project,
      role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin'))
    );
    CREATE UNIQUE INDEX role_binding_organization ON role_binding (account_id) WHERE project_id IS NULL;
    CREATE UNIQUE INDEX role_binding_project ON role_binding (account_id, project_id) WHERE project_id IS NOT NULL;
    CREATE TABLE token (
      id text PRIMARY KEY,
      account_id text NOT NULL REFERENCES account,
      name text NOT NULL,
      -- SHA-256; a token has 256 random bits, so no slow hash is needed.
      hash bytea NOT NULL UNIQUE,
      prefix text NOT NULL,
      scopes text[],
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz
    );
    CREATE INDEX token_account ON token (account_id);
    CREATE TABLE ticket (
      hash bytea PRIMARY KEY,
      token_id text NOT NULL REFERENCES token,
      expires_at timestamptz NOT NULL
    );
    CREATE TABLE idempotency_key (
      account_id text NOT NULL REFERENCES account,
      key text NOT NULL,
      request_hash bytea NOT NULL,
      status int,
      reply json,
      headers json,
      -- Audit rows carry the same id: they tell whether an interrupted request took effect.
      request_id text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (account_id, key)
    );
    CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
    -- Laid out as the rate limiter's library wants it.
    CREATE TABLE rate_limit (
      key varchar(255) PRIMARY KEY,
      points int NOT NULL DEFAULT 0,
      expire bigint
    );
    CREATE TABLE credential (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      project_id text REFERENCES project,
      name text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('git')),
      username text NOT NULL,
      secret bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      last_used_at timestamptz
    );
  `.execute(db);
}
