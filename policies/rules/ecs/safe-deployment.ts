import { resourceRule } from "../../rule.ts";
import { isOn } from "../../values.ts";

export const ecsSafeDeployment = resourceRule({
  id: "ecs-safe-deployment",
  title: "A deployment that fails goes back by itself and takes no capacity away",
  severity: "medium",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Enable the circuit breaker with rollback (or deploy by CodeDeploy or with alarms), and keep the healthy share at 100 % or more.",
  kinds: ["aws:ecs/Service"],
  check({ props }, { found }) {
    if (props.schedulingStrategy === "DAEMON" || props.deploymentController?.type === "EXTERNAL") return;
    const breaker = props.deploymentCircuitBreaker;
    const alarms = props.alarms;
    const returns =
      (isOn(breaker?.enable) && isOn(breaker?.rollback)) ||
      (isOn(alarms?.enable) && isOn(alarms?.rollback)) ||
      props.deploymentController?.type === "CODE_DEPLOY";
    if (!returns) found("keeps a deployment that fails", "deploymentCircuitBreaker");
    const healthy = props.deploymentMinimumHealthyPercent ?? 100;
    if (Number(healthy) < 100) {
      found(`may go down to ${healthy} % of its tasks while it deploys`, "deploymentMinimumHealthyPercent");
    }
  },
});
