import { resourceRule } from "../../rule.ts";
import { isOn, list } from "../../values.ts";
import { containersOf } from "./containers.ts";

export const ecsNoPrivilege = resourceRule({
  id: "ecs-no-privilege",
  title: "Tasks share neither the machine's rights nor its processes nor its network",
  severity: "critical",
  level: "mandatory",
  frameworks: [
    "FSBP ECS.3",
    "FSBP ECS.4",
    "FSBP ECS.17",
    "CT CT.ECS.PR.10",
    "CT CT.ECS.PR.11",
    "CKV CKV_AWS_334",
    "CKV CKV_AWS_335",
  ],
  remediation:
    "Leave out privileged, pidMode host and ipcMode host; use networkMode awsvpc; add no capabilities.",
  kinds: ["aws:ecs/TaskDefinition"],
  check(task, { found }) {
    const { pidMode, ipcMode, networkMode } = task.props;
    if (pidMode === "host") found("sees the processes of the machine", "pidMode");
    if (ipcMode === "host") found("shares memory with the machine", "ipcMode");
    if (networkMode === "host") found("uses the network of the machine", "networkMode");
    for (const { name, privileged, linuxParameters } of containersOf(task)) {
      if (isOn(privileged)) found(`runs container ${name} privileged`, "containerDefinitions");
      const added = list(linuxParameters?.capabilities?.add);
      if (added.length > 0) found(`gives container ${name} ${added.join(", ")}`, "containerDefinitions");
    }
  },
});
