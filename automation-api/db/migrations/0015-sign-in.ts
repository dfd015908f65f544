import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- api: made by a person; bearer: an access token of the issuer that was seen; browser: a sign-in, kept as a cookie.
    ALTER TABLE token ADD COLUMN kind text NOT NULL DEFAULT 'api' CHECK (kind IN ('api', 'bearer', 'browser'));
    CREATE INDEX token_passing ON token (expires_at) WHERE kind <> 'api';
    -- Whom an issuer calls so. Nothing else of what it says makes two people one: no name, no address.
    CREATE TABLE identity (
      issuer text NOT NULL,
      subject text NOT NULL,
      account_id text NOT NULL UNIQUE REFERENCES account,
      -- When the issuer said what is kept of it last: an older word changes nothing.
      claimed_at timestamptz NOT NULL,
      -- Tokens of the account end here, unless its holder comes by the issuer again.
      good_until timestamptz NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (issuer, subject)
    );
    -- A browser that went to the issuer and is not back yet. Both secrets are the browser's.
    CREATE TABLE sign_in_attempt (
      state_hash bytea PRIMARY KEY,
      browser_hash bytea NOT NULL,
      return_to text NOT NULL,
      expires_at timestamptz NOT NULL
    );
    -- A browser that is signed in; its token lives on only while the issuer is asked again.
    CREATE TABLE sign_in (
      token_id text PRIMARY KEY REFERENCES token ON DELETE CASCADE,
      -- Encrypted for this sign-in alone. Null: the issuer gave none.
      refresh_token bytea,
      ends_at timestamptz NOT NULL,
      checked_at timestamptz NOT NULL DEFAULT now(),
      -- Keeps other replicas from asking at the same time.
      checking_at timestamptz
    );
  `.execute(db);
}
