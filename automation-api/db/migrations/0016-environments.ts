import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A named group of stacks with one set of protections.
    CREATE TABLE environment (
      id text PRIMARY KEY,
      organization_id text NOT NULL REFERENCES organization (id),
      name text NOT NULL,
      -- STACK in every project, or PROJECT/STACK; * stands for any text.
      stacks text[] NOT NULL,
      -- What is forced on every update of its stacks, beside what their projects force; null: nothing is.
      policies jsonb,
      created_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (organization_id, name)
    );
    CREATE FUNCTION is_in_environment(stacks text[], project text, stack text) RETURNS boolean
      LANGUAGE sql IMMUTABLE AS $$
        SELECT EXISTS (
          SELECT 1 FROM unnest(stacks) AS pattern
          WHERE CASE WHEN pattern LIKE '%/%' THEN project || '/' || stack ELSE stack END
            LIKE replace(replace(pattern, '_', '\\_'), '*', '%'))
      $$;
  `.execute(db);
}
