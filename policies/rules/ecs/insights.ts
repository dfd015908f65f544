import { resourceRule } from "../../rule.ts";
import { list } from "../../values.ts";

export const ecsInsights = resourceRule({
  id: "ecs-insights",
  title: "Clusters measure their containers, and sessions into containers are encrypted and logged",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP ECS.12", "CKV CKV_AWS_65", "CKV CKV_AWS_223", "CKV CKV_AWS_224"],
  remediation:
    "Set containerInsights to enabled or enhanced; where exec is configured, give it a KMS key and a log that is encrypted.",
  kinds: ["aws:ecs/Cluster"],
  check({ props }, { found }) {
    const insights = list(props.settings).find(({ name }) => name === "containerInsights")?.value;
    if (insights !== "enabled" && insights !== "enhanced") found("has no Container Insights", "settings");
    const exec = props.configuration?.executeCommandConfiguration;
    if (!exec) return;
    const path = "configuration.executeCommandConfiguration";
    if (!exec.kmsKeyId) found("does not encrypt exec sessions with a key of yours", `${path}.kmsKeyId`);
    if (exec.logging === "NONE") found("keeps no log of exec sessions", `${path}.logging`);
    if (exec.logging === "OVERRIDE") {
      const { cloudWatchEncryptionEnabled, s3BucketEncryptionEnabled } = exec.logConfiguration ?? {};
      if (!cloudWatchEncryptionEnabled && !s3BucketEncryptionEnabled) {
        found("keeps the log of exec sessions unencrypted", `${path}.logConfiguration`);
      }
    }
  },
});
