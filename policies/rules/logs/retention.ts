import { z } from "zod";
import { isGiven } from "../../known.ts";
import { resourceRule } from "../../rule.ts";
import { isProduction, productionConfig } from "../../values.ts";

export const logRetention = resourceRule({
  id: "log-retention",
  title: "Logs are kept long enough and not for ever",
  severity: "medium",
  level: "mandatory",
  frameworks: [
    "CT CT.CLOUDWATCH.PR.2",
    "CT CT.CLOUDWATCH.PR.3",
    "CKV CKV_AWS_66",
    "CKV CKV_AWS_158",
    "CKV CKV_AWS_338",
  ],
  remediation:
    "Set retentionInDays, to a year in production; set kmsKeyId where the policy's setting asks for a key.",
  kinds: ["aws:cloudwatch/LogGroup"],
  config: productionConfig.extend({
    days: z.number().default(365).describe("Days at least in production."),
    otherDays: z.number().default(7).describe("Days at least elsewhere."),
    key: z.boolean().default(false).describe("true: each group must be encrypted with a key of yours."),
  }),
  check(group, { found, config }) {
    const days = Number(group.props.retentionInDays ?? 0);
    const least = isProduction(group, config) ? config.days : config.otherDays;
    if (days === 0) found("is kept for ever", "retentionInDays");
    else if (days < least) found(`is kept for ${days} days, not ${least}`, "retentionInDays");
    if (config.key && !isGiven(group.props, "kmsKeyId"))
      found("is not encrypted with a key of yours", "kmsKeyId");
  },
});
