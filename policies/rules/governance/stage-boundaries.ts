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
    "Refer to the stack of the same stage; name allowedAccountIds or the subscriptionId, and the region or location of the stage, in explicit providers.",
  kinds: ["pulumi:pulumi:StackReference", "pulumi:providers:aws", "pulumi:providers:azure-native"],
  config: productionConfig.extend({
    accounts: z
      .record(z.string(), z.array(z.string()))
      .default({})
      .describe("Stack → AWS accounts, and Azure subscriptions, that its providers may be for."),
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
    const [place, account] =
      kind === "pulumi:providers:aws" ? ["region", "allowedAccountIds"] : ["location", "subscriptionId"];
    const regions = config.regions[own];
    if (regions && !regions.includes(props[place])) {
      found(`of ${own} is for ${props[place] ?? "any region"}`, place);
    }
    const accounts = config.accounts[own];
    if (!accounts) return;
    const allowed = list(props[account]).map(String);
    if (allowed.length === 0 || allowed.some((each) => !accounts.includes(each))) {
      found(`of ${own} may be for another account`, account);
    }
  },
});
