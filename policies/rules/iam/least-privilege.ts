import { z } from "zod";
import { isGiven } from "../../known.ts";
import { resourceRule } from "../../rule.ts";
import { covers, statements } from "../../statements.ts";
import { list } from "../../values.ts";
import { documentsOf } from "./policies.ts";

const decrypts = ["kms:decrypt", "kms:reencryptfrom"];
const everyKey = /^arn:[^:]*:kms:[^:]*:[^:]*:(\*|key\/\*)$/;

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
    for (const [path, document] of documentsOf(resource)) {
      for (const statement of statements(document, path).filter(({ allows }) => allows)) {
        const { actions, resources } = statement;
        const isEverywhere = resources.includes("*");
        if (isEverywhere && actions.some((action) => /^\*+(:\*+)?$/.test(action))) {
          found("allows everything", path);
          continue;
        }
        const services = actions.filter((action) => /^[a-z0-9-]+:\*+$/.test(action));
        if (isEverywhere && services.length > 0) found(`allows ${services.join(", ")} on everything`, path);
        const isAnyKey = isEverywhere || resources.some((each) => everyKey.test(each));
        if (isAnyKey && decrypts.some((action) => covers(statement, action))) {
          found("may decrypt with every key", path);
        }
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
