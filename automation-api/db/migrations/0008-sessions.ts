import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE template (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      project_id text NOT NULL REFERENCES project,
      name text NOT NULL,
      target text NOT NULL CHECK (target IN ('process', 'docker', 'ecs')),
      isolation text NOT NULL CHECK (isolation IN ('required', 'preferred')),
      -- The newest of its revisions: what new sessions are made from.
      revision int NOT NULL DEFAULT 1,
      pool_floor int NOT NULL,
      pool_ceiling int NOT NULL,
      pool_paused boolean NOT NULL DEFAULT false,
      -- Null: sessions are not ended for being idle.
      idle_seconds int,
      life_seconds int NOT NULL,
      most_per_user int NOT NULL,
      -- Null: no limit.
      most_in_all int,
      -- Failed starts in a row, and when the pool may try again: a failing start must not cost money for ever.
      failures int NOT NULL DEFAULT 0,
      retry_at timestamptz,
      -- Raised by each change; the ETag.
      version int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      deleted_at timestamptz
    );
    CREATE UNIQUE INDEX template_name ON template (organization_id, name) WHERE deleted_at IS NULL;
    CREATE INDEX template_project ON template (project_id);

    -- What a session is started from never changes under it: a change of the template is a new revision.
    CREATE TABLE template_revision (
      template_id text NOT NULL REFERENCES template,
      revision int NOT NULL,
      workload json NOT NULL,
      -- Names to values, encrypted under the template's id.
      secret_environment bytea,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (template_id, revision)
    );

    CREATE TABLE session_shard (
      template_id text NOT NULL REFERENCES template,
      number int NOT NULL,
      stack_id text NOT NULL UNIQUE REFERENCES stack,
      -- The newest that was queued for it.
      deployment_id text REFERENCES deployment,
      -- Whether its end was taken notice of.
      noted boolean NOT NULL DEFAULT false,
      -- Updates in a row that did not do all of their work.
      failures int NOT NULL DEFAULT 0,
      retry_at timestamptz,
      PRIMARY KEY (template_id, number)
    );

    CREATE TABLE session (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      project_id text NOT NULL REFERENCES project,
      template_id text NOT NULL REFERENCES template,
      revision int NOT NULL,
      shard int,
      state text NOT NULL CHECK (state IN ('requested', 'starting', 'warm', 'active', 'stopping', 'stopped', 'failed')),
      -- The user that it belongs to; null: it is of the pool, and nobody has claimed it yet.
      owner text,
      requester_id text REFERENCES account,
      -- Whether its user had to wait for a start.
      missed boolean NOT NULL DEFAULT false,
      address text,
      port int,
      -- Where it was seen: the target, and the machine or cluster.
      place text,
      -- What came with the claim, encrypted under the session's id; erased when the workload has fetched it.
      claim_secrets bytea,
      -- Whether the workload still has to be told whom it works for.
      introduce boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      starting_at timestamptz,
      ready_at timestamptz,
      claimed_at timestamptz,
      last_activity_at timestamptz,
      expires_at timestamptz,
      stopping_at timestamptz,
      ended_at timestamptz,
      reason text CHECK (reason IN ('user', 'idle', 'expired', 'admin', 'surplus', 'outdated', 'start', 'exited', 'gone')),
      error text,
      -- Last lines of what it printed, of one that failed.
      evidence text
    );
    CREATE INDEX session_warm ON session (template_id, ready_at) WHERE state = 'warm';
    CREATE INDEX session_live ON session (template_id) WHERE state NOT IN ('stopped', 'failed');
    CREATE INDEX session_owner ON session (project_id, owner, id) WHERE owner IS NOT NULL;
    CREATE INDEX session_expiry ON session (expires_at) WHERE state IN ('starting', 'active');
    CREATE INDEX session_demand ON session (template_id, claimed_at) WHERE claimed_at IS NOT NULL;
    CREATE INDEX session_ended ON session (ended_at) WHERE ended_at IS NOT NULL;
    CREATE INDEX session_introduce ON session (id) WHERE introduce;

    -- All that opens a session. Only hashes are kept; a claim deletes every one from before it.
    CREATE TABLE session_credential (
      hash bytea PRIMARY KEY,
      session_id text NOT NULL REFERENCES session,
      -- identity: for the workload, once; ticket: for a browser, once; access: the cookie that a ticket became.
      kind text NOT NULL CHECK (kind IN ('identity', 'ticket', 'access')),
      -- Of tickets and cookies: the API token that they stand for, and die with.
      token_id text REFERENCES token,
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX session_credential_session ON session_credential (session_id);
    CREATE INDEX session_credential_expiry ON session_credential (expires_at);

    -- Rows to lock: who counts a user's sessions, or a template's, does so alone.
    CREATE TABLE session_quota (
      project_id text NOT NULL REFERENCES project,
      owner text NOT NULL,
      PRIMARY KEY (project_id, owner)
    );
  `.execute(db);
}
