import { sql } from "kysely";
import { record } from "../../audit/service.ts";
import type { Tx } from "../../db/transaction.ts";
import type { AuditLine, StackRow, StartOutcome } from "../store.ts";
import { selectStacks } from "./rows.ts";

/** The stack's row, locked until the transaction ends: everything that changes who holds a stack goes through it. */
export async function lockStack(tx: Tx, stackId: string): Promise<StackRow | undefined> {
  await sql`SELECT id FROM stack WHERE id = ${stackId} FOR UPDATE`.execute(tx);
  const rows = await selectStacks(tx, sql`s.id = ${stackId}`);
  return rows[0];
}

/** Why nobody else may change the stack now. */
export function hindranceOf(stack: StackRow): Extract<StartOutcome, { kind: "busy" | "orphan" }> | undefined {
  if (!stack.active) return undefined;
  return stack.active.isLive
    ? { kind: "busy", active: stack.active }
    : { kind: "orphan", updateId: stack.active.id };
}

export async function recordAll(tx: Tx, audit: AuditLine[]): Promise<void> {
  for (const { principal, entry } of audit) await record(tx, principal, entry);
}
