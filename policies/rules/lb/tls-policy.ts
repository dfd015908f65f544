import { z } from "zod";
import { resourceRule } from "../../rule.ts";

export const lbTlsPolicy = resourceRule({
  id: "lb-tls-policy",
  title: "Load balancers speak TLS 1.2 and later only",
  severity: "high",
  level: "mandatory",
  frameworks: ["CKV CKV2_AWS_74", "CKV CKV_AWS_103"],
  remediation:
    "Set sslPolicy to ELBSecurityPolicy-TLS13-1-2-Res-2021-06 or another policy of TLS 1.3 and 1.2.",
  kinds: ["aws:lb/Listener"],
  config: z.object({
    policies: z
      .string()
      .default("^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)(?!-Ext1)")
      .describe("Expression of the names of policies that are good enough."),
  }),
  check({ props }, { found, config }) {
    if (props.protocol !== "HTTPS" && props.protocol !== "TLS") return;
    // Without a name the API takes ELBSecurityPolicy-2016-08, which speaks TLS 1.0.
    if (!new RegExp(config.policies).test(props.sslPolicy ?? "")) {
      found(`has the TLS policy ${props.sslPolicy ?? "of 2016"}`, "sslPolicy");
    }
  },
});
