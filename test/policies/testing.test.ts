import { describe, expect, it } from "@jest/globals";
import { queueNames as named } from "../../policies/example/rules.ts";
import { given, tableFaults, when } from "../../policies/testing/index.ts";

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
