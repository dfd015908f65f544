import { stackRule } from "../../rule.ts";
import { isProduction, list, productionConfig } from "../../values.ts";

export const armOrSpot = stackRule({
  id: "cost-arm-or-spot",
  title: "Outside production tasks run on ARM or on spare capacity",
  severity: "low",
  level: "advisory",
  frameworks: ["own"],
  remediation: "Set runtimePlatform.cpuArchitecture to ARM64, or give the service FARGATE_SPOT.",
  kinds: ["aws:ecs/TaskDefinition"],
  config: productionConfig,
  check(task, { found, stack, config }) {
    if (isProduction(task, config) || !list(task.props.requiresCompatibilities).includes("FARGATE")) return;
    if (task.props.runtimePlatform?.cpuArchitecture === "ARM64") return;
    const isSpot = stack
      .pointingAt(task, "aws:ecs/Service", "taskDefinition")
      .some(({ props }) =>
        list(props.capacityProviderStrategies).some(
          ({ capacityProvider }) => capacityProvider === "FARGATE_SPOT",
        ),
      );
    if (!isSpot) found("runs at the full price", "runtimePlatform.cpuArchitecture");
  },
});
