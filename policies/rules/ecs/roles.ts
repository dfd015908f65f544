import { isGiven } from "../../known.ts";
import { stackRule } from "../../rule.ts";
import { statements } from "../../statements.ts";

const reads = [
  "secretsmanager:getsecretvalue",
  "secretsmanager:*",
  "ssm:getparameters",
  "ssm:getparameter*",
  "ssm:*",
];

export const ecsRoles = stackRule({
  id: "ecs-roles",
  title:
    "A task's own role is not the one that starts it, and the latter reads only the secrets of this task",
  severity: "high",
  level: "mandatory",
  frameworks: ["CKV CKV_AWS_249", "FSBP IAM.21"],
  remediation:
    "Make two roles, and name in the execution role's policy the ARNs of the secrets that this task is given.",
  kinds: ["aws:ecs/TaskDefinition"],
  check(task, { found, stack }) {
    if (!isGiven(task.props, "executionRoleArn")) return;
    const starters = stack.targets(task, "executionRoleArn", "aws:iam/Role");
    if (isGiven(task.props, "taskRoleArn")) {
      const own = stack.targets(task, "taskRoleArn", "aws:iam/Role");
      const isSame =
        own.some(({ urn }) => starters.some((each) => each.urn === urn)) ||
        (own.length === 0 && starters.length === 0 && task.props.taskRoleArn === task.props.executionRoleArn);
      if (isSame) found("has one role for starting and for running", "taskRoleArn");
    }
    for (const role of starters) {
      const inline = (role.props.inlinePolicies ?? []).map(({ policy }: { policy?: string }) => policy);
      const separate = stack.pointingAt(role, "aws:iam/RolePolicy", "role").map(({ props }) => props.policy);
      for (const statement of [...inline, ...separate].flatMap((text) => statements(text, "policy"))) {
        const isWide =
          statement.allows &&
          statement.actions.some((action) => action === "*" || reads.includes(action)) &&
          statement.resources.some(
            (resource) => resource === "*" || /:(secret|parameter)[:/]\*$/.test(resource),
          );
        if (isWide) found("may be started with any secret of the account", "executionRoleArn");
      }
    }
  },
});
