import { resourceRule } from "../../rule.ts";
import { containersOf } from "./containers.ts";

export const ecsNonRoot = resourceRule({
  id: "ecs-non-root",
  title: "Containers run as a user that is not root",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP ECS.20", "CT CT.ECS.PR.3"],
  remediation:
    "Set user to a number other than 0 (with a group, such as 65532:65532), and build the image for it.",
  kinds: ["aws:ecs/TaskDefinition"],
  check(task, { found }) {
    for (const { name, user } of containersOf(task)) {
      const [owner = ""] = String(user ?? "").split(":");
      if (owner === "")
        found(`names no user in container ${name}, which then runs as root`, "containerDefinitions");
      else if (owner === "root" || /^0+$/.test(owner))
        found(`runs container ${name} as root`, "containerDefinitions");
    }
  },
});
