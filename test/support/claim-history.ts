import { sql } from "kysely";
import type { Db } from "../../automation-api/db/transaction.ts";

/** What the users of claims know. */
export interface ClaimHistory {
  /** Sessions that users were told of. */
  answered: { user: string; id: string }[];
  /** Users who asked, also those who got no answer. Each asks once. */
  asked: ReadonlySet<string>;
}

/** What ledger and audit trail say of a session that has an owner. */
export interface LedgerClaim {
  id: string;
  owner: string;
  /** Users of the audit trail's claims of it. */
  audited: string[];
}

/** What of a history cannot have been: sessions with two users, and sessions that are lost to theirs. */
export function judgeClaims(
  { answered, asked }: ClaimHistory,
  ledger: LedgerClaim[],
): { double: string[]; lost: string[] } {
  const rows = new Map(ledger.map((row) => [row.id, row]));
  const users = Map.groupBy(answered, ({ id }) => id);
  const owned = Map.groupBy(ledger, ({ owner }) => owner);
  return {
    double: [
      ...[...users].filter(([, told]) => told.length > 1).map(([id]) => `${id} was given twice`),
      ...ledger
        .filter(({ audited }) => audited.length !== 1)
        .map(({ id, audited }) => `${id} was claimed by ${audited.join(" and ") || "nobody"}`),
      ...[...owned].filter(([, rows]) => rows.length > 1).map(([user]) => `${user} asked once and has more`),
    ],
    lost: [
      ...answered
        .filter(({ id, user }) => rows.get(id)?.owner !== user)
        .map(({ id, user }) => `${id} was given to ${user} and is ${rows.get(id)?.owner ?? "nobody"}'s`),
      ...ledger
        .filter(({ owner, audited }) => !asked.has(owner) || audited.some((user) => user !== owner))
        .map(({ id, owner }) => `${id} is ${owner}'s, who did not ask for it`),
    ],
  };
}

export async function readClaims(db: Db, template: string): Promise<LedgerClaim[]> {
  const { rows } = await sql<LedgerClaim>`
    SELECT s.id, s.owner, coalesce(array_agg(a.detail->>'user') FILTER (WHERE a.id IS NOT NULL), '{}') AS audited
    FROM session s JOIN template t ON t.id = s.template_id
    LEFT JOIN audit a ON a.object = s.id AND a.action = 'session.create'
    WHERE t.name = ${template} AND s.owner IS NOT NULL GROUP BY s.id, s.owner`.execute(db);
  return rows;
}
