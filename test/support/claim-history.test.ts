import { expect, it } from "@jest/globals";
import { judgeClaims, type LedgerClaim } from "./claim-history.ts";

const row = (id: string, owner: string, audited = [owner]): LedgerClaim => ({ id, owner, audited });
const told = (id: string, user: string) => ({ id, user });
const asked = new Set(["ann", "ben"]);

it.each([
  ["nothing of what was answered and is so", [told("a", "ann")], [row("a", "ann")], 0, 0],
  ["nothing of a claim whose answer was lost", [], [row("a", "ann")], 0, 0],
  ["a session that two were given", [told("a", "ann"), told("a", "ben")], [row("a", "ann")], 1, 1],
  ["a session that was claimed twice", [told("a", "ann")], [row("a", "ann", ["ann", "ann"])], 1, 0],
  ["a session that nobody wrote down", [told("a", "ann")], [row("a", "ann", [])], 1, 0],
  ["a user who got two for one wish", [], [row("a", "ann"), row("b", "ann")], 1, 0],
  ["a session that is another's now", [told("a", "ann")], [row("a", "ben")], 0, 1],
  ["a session that is gone from the ledger", [told("a", "ann")], [], 0, 1],
  ["a session of a user who never asked", [], [row("a", "eve")], 0, 1],
])("finds %s", (_, answered, ledger, double, lost) => {
  const found = judgeClaims({ answered, asked }, ledger);
  expect([found.double.length, found.lost.length]).toEqual([double, lost]);
});
