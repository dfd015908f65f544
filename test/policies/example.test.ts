import { describe, expect, it } from "@jest/globals";
import { commandsUndone, queueNames, rules } from "../../policies/example/rules.ts";
import type { Rule } from "../../policies/index.ts";
import { given, type Table, tableFaults, when } from "../../policies/testing/index.ts";

const queue = (name?: string) => given("aws:sqs/queue:Queue", "orders", { name });
const command = (type: string, inputs: Record<string, unknown>) => given(type, "run", inputs);
const remote = "command:remote:Command";

/** As the test of a pack of yours would be written. */
const tables: [Rule, Table][] = [
  [
    queueNames,
    {
      good: [when("a team", [queue("shop-orders")])],
      bad: [
        when("no team", [queue("orders")], { says: "not named after a team" }),
        when("no name", [queue()], { says: "not named after a team" }),
      ],
    },
  ],
  [
    commandsUndone,
    {
      good: [
        when("says how", [command(remote, { create: "touch a", delete: "rm a" })]),
        when("makes nothing", [command("command:local:Command", { update: "date" })]),
      ],
      bad: [
        when("on a machine", [command(remote, { create: "touch a" })], { says: "taken back" }),
        when("here", [command("command:local:Command", { create: "touch a" })], { says: "taken back" }),
      ],
    },
  ],
];

describe("the example of a pack", () => {
  it.each(tables.map(([rule, table]) => [rule.id, rule, table] as const))("%s", (_, rule, table) => {
    expect(tableFaults(rule, table)).toEqual([]);
  });

  it("has no rule without a table", () => {
    expect(tables.map(([rule]) => rule)).toEqual(rules);
  });
});
