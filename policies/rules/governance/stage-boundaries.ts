import { z } from "zod";
import { stackRule } from "../../rule.ts";
import { isProduction, list, productionConfig, stackOf } from "../../values.ts";

export const stageBoundaries = stackRule({
  id: "stage-boundaries",
  title: "A stage uses stacks, accounts and regions of its own",
  severity: "high",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Refer to the stack of the same stage; name allowedAccountIds and the region of the stage in explicit providers.",
  kinds: ["pulumi:pulumi:StackReference", "pulumi:providers:aws"],
  config: productionConfig.extend({
    accounts: z
      .record(z.string(), z.array(z.string()))
      .default({})
      .describe("Stack → AWS accounts that its providers may be for."),
    regions: z
      .record(z.string(), z.array(z.string()))
      .default({})
      .describe("Stack → regions of its providers."),
    shared: z
      .array(z.string())
      .default(["shared", "global"])
      .describe("Stacks that every stage may refer to."),
  }),
  check(resource, { found, config }) {
    const { props, kind } = resource;
    const own = stackOf(resource);
    if (kind === "pulumi:pulumi:StackReference") {
      const other =
        String(props.name ?? resource.name)
          .split("/")
          .at(-1) ?? "";
      if (config.shared.includes(other)) return;
      const isOtherProduction = isProduction({ ...resource, urn: `urn:pulumi:${other}::` }, config);
      if (isOtherProduction !== isProduction(resource, config))
        found(`of ${own} uses the stack ${other}`, "name");
      return;
    }
    const regions = config.regions[own];
    if (regions && !regions.includes(props.region))
      found(`of ${own} is for ${props.region ?? "any region"}`, "region");
    const accounts = config.accounts[own];
    if (!accounts) return;
    const allowed = list(props.allowedAccountIds).map(String);
    if (allowed.length === 0 || allowed.some((each) => !accounts.includes(each))) {
      found(`of ${own} may be for another account`, "allowedAccountIds");
    }
  },
});
