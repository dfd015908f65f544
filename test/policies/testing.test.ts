import { describe, expect, it } from "@jest/globals";
import { resourceRule } from "../../policies/index.ts";
import { given, tableFaults, when } from "../../policies/testing/index.ts";

/** The example of docs/policy-packs.md. */
const named = resourceRule({
  id: "house-queue-names",
  title: "Queues are named after their team",
  severity: "low",
  level: "mandatory",
  frameworks: ["own"],
  remediation: "Begin the name with the team, such as shop-orders.",
  kinds: ["aws:sqs/Queue"],
  check({ props }, { found }) {
    if (!/^[a-z]+-/.test(props.name ?? "")) found("is not named after a team", "name");
  },
});
const queue = (name?: string) => given("aws:sqs/queue:Queue", "orders", { name });
const good = [when("a team", [queue("shop-orders")])];
const bad = [when("no team", [queue("orders")], { says: "not named after a team" })];

describe("tableFaults, which tests of packs are made of", () => {
  it("finds nothing in a table that holds", () => {
    expect(tableFaults(named, { good, bad })).toEqual([]);
  });

  it.each([
    [
      "a good case that is found",
      { good: [when("x", [queue("orders")])], bad },
      /x: is good, but: violation: orders is not/,
    ],
    [
      "a bad case that is not",
      { good, bad: [when("x", [queue("a-b")], { says: "team" })] },
      /x: is to be .*nothing/,
    ],
    [
      "another finding",
      { good, bad: [when("x", [queue("q")], { says: "too long" })] },
      /"too long", but: violation/,
    ],
    [
      "another outcome",
      { good, bad: [when("x", [queue("q")], { says: "team", kind: "advisory" as const })] },
      /to be a advisory/,
    ],
    ["no bad case at all", { good, bad: [] }, /good and bad cases/],
  ])("tells of %s", (_, table, fault) => {
    expect(tableFaults(named, table).join("\n")).toMatch(fault);
  });

  it("refuses a case whose resources are made from one that is not there", () => {
    const lost = { ...queue("a-b"), from: { name: "nobody" } };
    expect(() => tableFaults(named, { good: [when("x", [lost])], bad })).toThrow("no resource named nobody");
  });
});
