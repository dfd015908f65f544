import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE program_archive (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      account_id text NOT NULL REFERENCES account,
      sha256 bytea NOT NULL,
      bytes bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    ALTER TABLE program_archive ALTER COLUMN bytes SET STORAGE EXTERNAL;
    CREATE TABLE worker (
      id text PRIMARY KEY,
      -- Same machine and boot: another worker there can end what this one left running.
      machine_id text NOT NULL,
      pid int NOT NULL,
      -- Held as a session-level advisory lock while the worker lives.
      lock_key bigint NOT NULL,
      slots int NOT NULL,
      started_at timestamptz NOT NULL DEFAULT now(),
      heartbeat_at timestamptz NOT NULL DEFAULT now(),
      stopped_at timestamptz
    );
    CREATE SEQUENCE runner_slot;
    CREATE TABLE deployment (
      id text PRIMARY KEY,
      -- Order of the queue. Drawn under a lock on the stack's row, so it is the order of commit per stack.
      sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
      organization_id text NOT NULL REFERENCES organization,
      project_id text NOT NULL REFERENCES project,
      stack_id text NOT NULL REFERENCES stack,
      operation text NOT NULL CHECK (operation IN ('preview', 'update', 'refresh', 'destroy')),
      state text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
      program json NOT NULL,
      options json NOT NULL DEFAULT '{}',
      -- key -> {value} | {ciphertext} | null; joins the stack's configuration when the deployment starts.
      config_patch json NOT NULL DEFAULT '{}',
      message text NOT NULL DEFAULT '',
      requester_id text NOT NULL REFERENCES account,
      requester text NOT NULL,
      request_id text,
      trace_parent text,
      -- Fencing token: each start and each takeover raises it, and every write of a worker carries it.
      epoch int NOT NULL DEFAULT 0,
      -- How often an engine was started for it.
      attempt int NOT NULL DEFAULT 0,
      worker_id text REFERENCES worker,
      -- The runner's process group on the worker's machine; start time tells a reused pid.
      runner_pid int,
      runner_started text,
      runner_slot bigint,
      token_hash bytea UNIQUE,
      update_id text REFERENCES stack_update,
      cancel_requested_at timestamptz,
      cancel_requested_by text,
      version bigint,
      changes json,
      outputs json,
      diagnostics json NOT NULL DEFAULT '[]',
      error text,
      timings json NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      started_at timestamptz,
      ended_at timestamptz
    );
    CREATE UNIQUE INDEX deployment_running ON deployment (stack_id) WHERE state = 'running';
    CREATE INDEX deployment_queued ON deployment (stack_id, sequence) WHERE state = 'queued';
    CREATE INDEX deployment_stack ON deployment (stack_id, sequence DESC);
    CREATE INDEX deployment_worker ON deployment (worker_id) WHERE state = 'running';
    -- One stream per deployment, and one per update that a person runs by CLI. The head's row lock gives
    -- each stream gap-free numbers in the order of commit.
    CREATE TABLE event_stream (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      project_id text NOT NULL REFERENCES project,
      stack_id text NOT NULL REFERENCES stack,
      last_sequence bigint NOT NULL DEFAULT 0,
      ended boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE event (
      stream_id text NOT NULL REFERENCES event_stream,
      sequence bigint NOT NULL,
      at timestamptz NOT NULL DEFAULT now(),
      kind text NOT NULL,
      data json NOT NULL,
      PRIMARY KEY (stream_id, sequence)
    );
    -- Engine events of an update arrive in batches, repeated after a lost reply: each batch is taken once.
    CREATE TABLE event_source (
      update_id text NOT NULL REFERENCES stack_update,
      sequence bigint NOT NULL,
      PRIMARY KEY (update_id, sequence)
    );
  `.execute(db);
}
