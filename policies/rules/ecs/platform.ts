import { resourceRule } from "../../rule.ts";
import { list } from "../../values.ts";
import { containersOf } from "./containers.ts";

export const ecsPlatform = resourceRule({
  id: "ecs-platform",
  title: "Tasks run on a platform that is kept, within limits, each with a network interface of its own",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP ECS.10", "CT CT.ECS.PR.1", "CT CT.ECS.PR.4", "CT CT.ECS.PR.7", "CKV CKV_AWS_332"],
  remediation:
    "Use platformVersion LATEST, networkMode awsvpc, and a memory limit of the task or of each container.",
  kinds: ["aws:ecs/Service", "aws:ecs/TaskSet", "aws:ecs/TaskDefinition"],
  check(resource, { found }) {
    const { props } = resource;
    if (resource.kind !== "aws:ecs/TaskDefinition") {
      const isFargate =
        props.launchType === "FARGATE" ||
        list(props.capacityProviderStrategies).some(({ capacityProvider }) =>
          /^FARGATE/.test(capacityProvider),
        );
      const version = props.platformVersion ?? "LATEST";
      if (isFargate && version !== "LATEST") found(`stays on platform version ${version}`, "platformVersion");
      return;
    }
    if (props.networkMode !== "awsvpc" && props.networkMode !== "host") {
      found(`has the network mode ${props.networkMode ?? "bridge"}`, "networkMode");
    }
    if (props.memory) return;
    for (const { name, memory } of containersOf(resource)) {
      if (!memory) found(`sets no limit to the memory of container ${name}`, "containerDefinitions");
    }
  },
});
