import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Every change of a host is one of these; a reset is one kind of them.
    ALTER TABLE reset RENAME TO host_action;
    ALTER INDEX reset_pkey RENAME TO host_action_pkey;
    ALTER INDEX reset_organization RENAME TO host_action_organization;
    ALTER TABLE host_action RENAME COLUMN selection TO request;
    ALTER TABLE host_action
      ADD COLUMN kind text NOT NULL DEFAULT 'reset',
      ADD COLUMN title text NOT NULL DEFAULT '',
      -- What could lock everybody out goes back by itself unless confirmed within so many seconds; 0: it stands.
      ADD COLUMN risky boolean NOT NULL DEFAULT false,
      ADD COLUMN needs_words boolean NOT NULL DEFAULT false,
      ADD COLUMN confirm_seconds integer NOT NULL DEFAULT 0,
      ADD COLUMN confirm_deployment_id text;
    -- Plans have another form now: what was not carried out is planned anew, what was is taken back without its plan.
    DELETE FROM host_action WHERE deployment_id IS NULL;
    UPDATE host_action SET title = 'reset: ' || coalesce(profile, 'custom'), plan = '',
      request = jsonb_set(request, '{profile}', coalesce(to_jsonb(profile), 'null'));
    ALTER TABLE host_action ALTER COLUMN kind DROP DEFAULT, ALTER COLUMN title DROP DEFAULT, DROP COLUMN profile;
  `.execute(db);
}
