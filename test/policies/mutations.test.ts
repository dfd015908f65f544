import { expect, it, jest } from "@jest/globals";
import { rules } from "../../policies/index.ts";
import { scoreOf } from "../../policies/testing/score.ts";
import { accepted, componentGraphs, stackGraphs } from "./own-graphs.ts";

jest.setTimeout(300_000);

/** Why what is listed as a weakening is none where it survives. */
const explained: Record<string, string> = {
  'kubernetes:Deployment spec.template.spec.serviceAccountName "default"': "the pod has turned its token off",
  'kubernetes:StatefulSet spec.template.spec.serviceAccountName "default"':
    "the pod has turned its token off",
  'aws:lb/Listener sslPolicy "ELBSecurityPolicy-2016-08"': "the listener speaks plain HTTP, to redirect",
  'aws:vpc/SecurityGroupIngressRule cidrIpv6 "::/0"': "a public load balancer at 80 or 443",
  'aws:rds/Instance password "hunter2"': "the database is excepted: its password is given, as a secret",
  "kubernetes:NetworkPolicy removed": "of a job, which listens to nothing",
  "kubernetes:PodDisruptionBudget removed": "of one replica",
  "azure-native:storage/StorageAccount networkRuleSet drop": "the account has no public network",
};

it("of all ways to weaken our stacks, in every shape, at least 95 % are found, and the rest is no weakening", () => {
  const { mutants, killed, survivors, falsePositives } = scoreOf(
    rules,
    [...stackGraphs, ...componentGraphs],
    1,
    accepted,
  );
  expect(falsePositives).toEqual([]);
  expect(mutants).toBeGreaterThan(2_000);
  expect([...survivors].filter(([what]) => !(what in explained))).toEqual([]);
  expect(Object.keys(explained).filter((what) => !survivors.has(what))).toEqual([]);
  expect(killed / mutants).toBeGreaterThanOrEqual(0.95);
});
