import { z } from "zod";
import { isGiven } from "../../known.ts";
import type { Props, Resource } from "../../rule.ts";
import { resourceRule } from "../../rule.ts";
import { statements } from "../../statements.ts";
import { list } from "../../values.ts";

const decrypts = ["kms:decrypt", "kms:reencryptfrom", "kms:*"];

export const iamLeastPrivilege = resourceRule({
  id: "iam-least-privilege",
  title: "Nobody may do everything, or read everything that is encrypted",
  severity: "high",
  level: "mandatory",
  frameworks: ["FSBP IAM.1", "FSBP IAM.21", "FSBP KMS.2"],
  remediation: "Name the actions and the ARNs that the program needs; attach no AdministratorAccess.",
  kinds: [
    "aws:iam/Policy",
    "aws:iam/RolePolicy",
    "aws:iam/UserPolicy",
    "aws:iam/GroupPolicy",
    "aws:iam/Role",
    "aws:iam/RolePolicyAttachment",
    "aws:iam/UserPolicyAttachment",
    "aws:iam/GroupPolicyAttachment",
    "aws:iam/PolicyAttachment",
  ],
  config: z.object({
    boundary: z.boolean().default(false).describe("true: each role must have a permissions boundary."),
  }),
  check(resource, { found, config }) {
    for (const [path, document] of documents(resource)) {
      for (const { allows, actions, resources } of statements(document, path)) {
        if (!allows || !resources.includes("*")) continue;
        if (actions.some((action) => action === "*" || action === "*:*")) found("allows everything", path);
        const services = actions.filter((action) => /^[a-z0-9-]+:\*$/.test(action));
        if (services.length > 0) found(`allows ${services.join(", ")} on everything`, path);
        if (actions.some((action) => decrypts.includes(action))) found("may decrypt with every key", path);
      }
    }
    const attached = [resource.props.policyArn, ...list(resource.props.managedPolicyArns)];
    if (
      attached.some((arn) => /:policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/.test(arn ?? ""))
    ) {
      found("attaches the rights of an administrator", "policyArn");
    }
    if (
      config.boundary &&
      resource.kind === "aws:iam/Role" &&
      !isGiven(resource.props, "permissionsBoundary")
    ) {
      found("has no permissions boundary", "permissionsBoundary");
    }
  },
});

function documents({ kind, props }: Resource): [path: string, document: Props][] {
  if (kind !== "aws:iam/Role") return isGiven(props, "policy") ? [["policy", props.policy]] : [];
  return list(props.inlinePolicies).map(({ policy }, n) => [`inlinePolicies.${n}.policy`, policy]);
}
