import { resourceRule } from "../../rule.ts";
import { containersOf } from "./containers.ts";

export const ecsLogs = resourceRule({
  id: "ecs-logs",
  title: "What containers say is kept",
  severity: "high",
  level: "mandatory",
  frameworks: ["FSBP ECS.9", "CT CT.ECS.PR.5"],
  remediation: "Give each container a logConfiguration, such as awslogs with a group that has a retention.",
  kinds: ["aws:ecs/TaskDefinition"],
  check(task, { found }) {
    for (const { name, logConfiguration } of containersOf(task)) {
      const driver = logConfiguration?.logDriver;
      if (!driver || driver === "none") found(`keeps no log of container ${name}`, "containerDefinitions");
    }
  },
});
