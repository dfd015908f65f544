import { isGiven } from "../../known.ts";
import { stackRule } from "../../rule.ts";
import { statements } from "../../statements.ts";
import { isOn } from "../../values.ts";

const isOfAccount = ["kms:calleraccount", "aws:principalaccount", "aws:principalorgid", "aws:sourceaccount"];

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
    "Set enableKeyRotation; name principals in the key's policy or bind * to your account; add a SecretRotation.",
  kinds: ["aws:kms/Key", "aws:kms/KeyPolicy", "aws:secretsmanager/Secret"],
  check(resource, { found, stack }) {
    const { kind, props } = resource;
    if (kind === "aws:secretsmanager/Secret") {
      // Secrets that a service makes for itself it also rotates.
      if (isGiven(props, "owningService")) return;
      const rotates = stack.pointingAt(resource, "aws:secretsmanager/SecretRotation", "secretId").length > 0;
      if (!rotates && props.tags?.["roost:rotation"] !== "by hand") found("does not rotate");
      return;
    }
    if (kind === "aws:kms/Key") {
      const isSymmetric = (props.customerMasterKeySpec ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT";
      const isSigning = (props.keyUsage ?? "ENCRYPT_DECRYPT") !== "ENCRYPT_DECRYPT";
      if (isSymmetric && !isSigning && !isOn(props.enableKeyRotation))
        found("does not rotate", "enableKeyRotation");
    }
    if (!isGiven(props, "policy")) return;
    for (const { allows, principals, conditions } of statements(props.policy, "policy")) {
      const keys = Object.values(conditions).flatMap((each) => Object.keys(each));
      if (allows && principals.includes("*") && !keys.some((key) => isOfAccount.includes(key))) {
        found("serves everyone", "policy");
      }
    }
  },
});
