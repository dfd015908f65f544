import { resourceRule } from "../../rule.ts";
import { isOn } from "../../values.ts";
import { containersOf } from "./containers.ts";

export const ecsReadonlyRoot = resourceRule({
  id: "ecs-readonly-root",
  title: "Containers cannot write to their own file system",
  severity: "high",
  level: "mandatory",
  frameworks: ["FSBP ECS.5", "CT CT.ECS.PR.6", "CKV CKV_AWS_336"],
  remediation: "Set readonlyRootFilesystem to true and mount volumes or tmpfs where the program writes.",
  kinds: ["aws:ecs/TaskDefinition"],
  check(task, { found }) {
    for (const { name, readonlyRootFilesystem } of containersOf(task)) {
      if (!isOn(readonlyRootFilesystem))
        found(`has a writable root file system in container ${name}`, "containerDefinitions");
    }
  },
});
