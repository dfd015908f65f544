import { z } from "zod";
import { isGiven } from "../../known.ts";
import type { Props } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import { isForEveryone, statements } from "../../statements.ts";
import { isOn } from "../../values.ts";

export const kmsKeys = stackRule({
  id: "keys-and-secrets",
  title: "Keys rotate and serve nobody unknown; secrets rotate",
  severity: "high",
  level: "mandatory",
  frameworks: [
    "FSBP KMS.4",
    "FSBP KMS.5",
    "FSBP SecretsManager.1",
    "FSBP SecretsManager.4",
    "CKV CKV_AWS_33",
  ],
  remediation:
    "Set enableKeyRotation; name principals in the key's policy or bind * to your account; add a SecretRotation of 90 days or less.",
  kinds: [
    "aws:kms/Key",
    "aws:kms/KeyPolicy",
    "aws:kms/ReplicaKey",
    "aws:kms/ExternalKey",
    "aws:kms/ReplicaExternalKey",
    "aws:secretsmanager/Secret",
  ],
  config: z.object({
    rotationDays: z
      .number()
      .positive()
      .default(90)
      .describe("Days after which a secret rotates at the latest."),
  }),
  check(resource, { found, stack, config }) {
    const { kind, props } = resource;
    if (kind === "aws:secretsmanager/Secret") {
      const rotations = stack.pointingAt(resource, "aws:secretsmanager/SecretRotation", "secretId");
      if (rotations.length === 0 && props.tags?.["roost:rotation"] !== "by hand") found("does not rotate");
      for (const { props } of rotations) {
        const days = daysOf(props.rotationRules);
        if (days > config.rotationDays) found(`rotates every ${days} days only`);
      }
      return;
    }
    if (kind === "aws:kms/Key") {
      const isSymmetric = (props.customerMasterKeySpec ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT";
      const isSigning = (props.keyUsage ?? "ENCRYPT_DECRYPT") !== "ENCRYPT_DECRYPT";
      if (isSymmetric && !isSigning && !isOn(props.enableKeyRotation))
        found("does not rotate", "enableKeyRotation");
    }
    if (!isGiven(props, "policy")) return;
    if (statements(props.policy, "policy").some(isForEveryone)) found("serves everyone", "policy");
  },
});

/** Days between two rotations; 0 for a calendar, which knows no more than a month. */
function daysOf(rules: Props): number {
  const [, rate, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(rules?.scheduleExpression ?? "") ?? [];
  return Number(rules?.automaticallyAfterDays ?? (unit === "day" ? rate : 0));
}
