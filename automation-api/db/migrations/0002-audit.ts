import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE audit (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization,
      at timestamptz NOT NULL DEFAULT now(),
      actor_id text NOT NULL,
      actor text NOT NULL,
      action text NOT NULL,
      object text NOT NULL,
      phase text NOT NULL CHECK (phase IN ('intent', 'result')),
      request_id text,
      result text,
      detail json NOT NULL DEFAULT '{}',
      -- Lets the sealer take only rows older than every open transaction.
      transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
    );
    CREATE INDEX audit_object ON audit (organization_id, object);
    CREATE INDEX audit_request ON audit (request_id);
    CREATE INDEX audit_transaction ON audit (transaction_id);
    -- A seal is a row of its own, so that audit rows are never changed after they are written.
    CREATE TABLE audit_seal (
      organization_id text NOT NULL REFERENCES organization,
      sequence bigint NOT NULL,
      audit_id bigint NOT NULL UNIQUE REFERENCES audit,
      previous_hash bytea NOT NULL,
      hash bytea NOT NULL,
      sealed_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, sequence)
    );
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% rows are append-only', TG_TABLE_NAME;
      END $$;
    CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
  `.execute(db);
}
