import { textsOf } from "../../known.ts";
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
      for (const variable of list(environment)) {
        const { name } = variable;
        // What a cloud answers is open in a first preview: its name tells then, and the update reads the value.
        const [value = ""] = textsOf(variable, "value");
        const sign = secretSign(String(name), value);
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
