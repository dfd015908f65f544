import { describe, expect, it } from "@jest/globals";
import { nistOf } from "../../policies/frameworks.ts";
import { rules } from "../../policies/index.ts";
import nist from "../../policies/nist.json" with { type: "json" };
import { tableFaults } from "../../policies/testing/index.ts";
import { azure } from "./cases/azure.ts";
import { buckets } from "./cases/buckets.ts";
import { databases } from "./cases/databases.ts";
import { ecr } from "./cases/ecr.ts";
import { ecs } from "./cases/ecs.ts";
import { edge } from "./cases/edge.ts";
import { governance } from "./cases/governance.ts";
import { kubernetes } from "./cases/kubernetes.ts";
import { network } from "./cases/network.ts";

const tables = {
  ...ecs,
  ...ecr,
  ...edge,
  ...buckets,
  ...databases,
  ...network,
  ...azure,
  ...kubernetes,
  ...governance,
};

describe("every rule has a table of good and bad cases", () => {
  it("and no table is for a rule that there is not", () => {
    expect(Object.keys(tables).sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  it.each(rules.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
    expect(tableFaults(rule, tables[id]!)).toEqual([]);
  });
});

describe("a rule", () => {
  it("has a name of its own, and at least forty are there", () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(rules.length).toBeGreaterThanOrEqual(40);
  });

  it.each(rules.map((rule) => [rule.id, rule] as const))(
    "%s is described, and names ids in one form",
    (_, rule) => {
      expect(rule.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      for (const text of [rule.title, rule.remediation]) expect(text.length).toBeGreaterThan(10);
      for (const each of rule.frameworks)
        expect(each).toMatch(/^(own|(FSBP|CIS-AWS|CIS-Azure|CIS-K8s|CT|CKV) \S+)$/);
      expect(rule.frameworks).not.toEqual([]);
    },
  );

  it("is told to help with the requirements of NIST that its controls are related to, and no others", () => {
    expect(nistOf({ frameworks: ["CKV CKV_AWS_163", "FSBP ECR.1", "FSBP ECR.3"] })).toEqual([
      "CA-9(1)",
      "CM-2",
      "CM-2(2)",
      "RA-5",
    ]);
    expect(nistOf({ frameworks: ["own"] })).toEqual([]);
    const named = new Set(rules.flatMap(({ frameworks }) => frameworks));
    expect(Object.keys(nist.controls).filter((control) => !named.has(`FSBP ${control}`))).toEqual([]);
  });
});
