import { z } from "zod";
import type { Props } from "../../rule.ts";
import { resourceRule } from "../../rule.ts";
import { isProduction, productionConfig } from "../../values.ts";

const inputs: Record<string, string> = {
  "aws:ec2/Instance": "instanceType",
  "aws:ec2/LaunchTemplate": "instanceType",
  "aws:rds/Instance": "instanceClass",
  "aws:rds/ClusterInstance": "instanceClass",
  "aws:elasticache/Cluster": "nodeType",
  "aws:elasticache/ReplicationGroup": "nodeType",
};

/** Sizes from small to large; `4xlarge` and the like are worked out. */
const small = ["nano", "micro", "small", "medium", "large", "xlarge"];

export const machineSizes = resourceRule({
  id: "cost-machine-sizes",
  title: "Machines are of a present generation, and outside production not large",
  severity: "low",
  level: "advisory",
  frameworks: ["own"],
  remediation: "Choose a newer family (they cost less for the same), and a smaller size outside production.",
  kinds: Object.keys(inputs),
  config: productionConfig.extend({
    old: z
      .string()
      .default("^(db\\.|cache\\.)?(t1|t2|m[1-4]|c[1-4]|r[34]|i2|d2|g2|p2|x1)\\.")
      .describe("Expression of types that are not to be used."),
    largest: z.string().default("2xlarge").describe("Largest size outside production."),
  }),
  check(resource, { found, config }) {
    const input = inputs[resource.kind]!;
    const type: Props = resource.props[input];
    if (typeof type !== "string") return;
    if (new RegExp(config.old).test(type)) found(`is of the old type ${type}`, input);
    const size = type.split(".").at(-1) ?? "";
    if (!isProduction(resource, config) && rank(size) > rank(config.largest))
      found(`is a large ${type}`, input);
  },
});

function rank(size: string): number {
  if (size === "metal") return Number.POSITIVE_INFINITY;
  const times = /^(\d+)xlarge$/.exec(size)?.[1];
  return times === undefined ? small.indexOf(size) : small.length + Number(times);
}
