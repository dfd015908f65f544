import { resourceRule } from "roost/policies/index.ts";

export const queueNames = resourceRule({
  id: "house-queue-names",
  title: "Queues are named after their team",
  severity: "low",
  level: "mandatory",
  frameworks: ["own"],
  remediation: "Begin the name with the team, such as shop-orders.",
  kinds: ["aws:sqs/Queue"],
  check({ props }, { found }) {
    if (!/^[a-z]+-/.test(props.name ?? "")) found("is not named after a team", "name");
  },
});

export const commandsUndone = resourceRule({
  id: "house-commands-undone",
  title: "Commands say how what they make is taken back",
  severity: "medium",
  level: "mandatory",
  frameworks: ["own"],
  remediation: "Set delete, which the engine runs when the resource goes.",
  kinds: ["command:local:Command", "command:remote:Command"],
  check({ props }, { found }) {
    if (props.create !== undefined && props.delete === undefined) found("cannot be taken back", "delete");
  },
});

export const rules = [queueNames, commandsUndone];
