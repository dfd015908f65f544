import { resourceRule } from "../../rule.ts";
import { list } from "../../values.ts";
import { secretSign } from "../secrets.ts";
import { containersOf } from "./containers.ts";

export const ecsNoPlainSecrets = resourceRule({
  id: "ecs-no-plain-secrets",
  title: "Task definitions hold no secrets in the clear",
  severity: "high",
  level: "mandatory",
  frameworks: ["FSBP ECS.8", "CT CT.ECS.PR.12"],
  remediation: "Keep the value in Secrets Manager or Parameter Store and name it in the container's secrets.",
  kinds: ["aws:ecs/TaskDefinition"],
  check(task, { found }) {
    for (const { name: container, environment } of containersOf(task)) {
      for (const { name, value } of list(environment)) {
        const sign = secretSign(String(name), String(value ?? ""));
        if (sign) {
          found(
            `shows ${name} of container ${container}, which is a secret because ${sign}`,
            "containerDefinitions",
          );
        }
      }
    }
  },
});
