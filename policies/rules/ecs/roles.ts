import { isGiven } from "../../known.ts";
import { stackRule } from "../../rule.ts";
import { covers, statements } from "../../statements.ts";
import { policiesOf } from "../iam/policies.ts";

const reads = [
  "secretsmanager:getsecretvalue",
  "secretsmanager:batchgetsecretvalue",
  "ssm:getparameter",
  "ssm:getparameters",
  "ssm:getparametersbypath",
];
const every = /^(\*|arn:[^:]*:(secretsmanager|ssm):[^:]*:[^:]*:(\*|secret:\*|parameter\/\*))$/;

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
      const isWide = policiesOf(role, stack)
        .flatMap((document) => statements(document, "policy"))
        .some(
          (statement) =>
            statement.allows &&
            reads.some((action) => covers(statement, action)) &&
            statement.resources.some((each) => every.test(each)),
        );
      if (isWide) found("may be started with any secret of the account", "executionRoleArn");
    }
  },
});
