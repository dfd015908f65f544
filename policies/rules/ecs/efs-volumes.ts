import { isGiven } from "../../known.ts";
import { resourceRule } from "../../rule.ts";
import { list } from "../../values.ts";

export const ecsEfsVolumes = resourceRule({
  id: "ecs-efs-volumes",
  title: "Files are mounted by TLS, as a known role, and below an access point",
  severity: "medium",
  level: "mandatory",
  frameworks: [
    "CKV CKV_AWS_97",
    "FSBP EFS.3",
    "FSBP EFS.4",
    "CT CT.ELASTICFILESYSYSTEM.PR.3",
    "CT CT.ELASTICFILESYSYSTEM.PR.4",
  ],
  remediation:
    "Set transitEncryption ENABLED and authorizationConfig with an access point and iam ENABLED; give the access point a root folder and a POSIX user.",
  kinds: ["aws:ecs/TaskDefinition", "aws:efs/AccessPoint"],
  check({ kind, props }, { found }) {
    if (kind === "aws:efs/AccessPoint") {
      if (!isGiven(props, "posixUser")) found("lets programs name their own user", "posixUser");
      const path = props.rootDirectory?.path;
      if (!path || path === "/") found("opens the whole file system", "rootDirectory.path");
      return;
    }
    list(props.volumes).forEach(({ name, efsVolumeConfiguration: efs }, index) => {
      if (!efs) return;
      const path = `volumes.${index}.efsVolumeConfiguration`;
      if (efs.transitEncryption !== "ENABLED")
        found(`mounts ${name} without TLS`, `${path}.transitEncryption`);
      const access = efs.authorizationConfig;
      if (access?.iam !== "ENABLED") found(`mounts ${name} without IAM`, `${path}.authorizationConfig.iam`);
      if (!isGiven(access, "accessPointId")) {
        found(`mounts ${name} without an access point`, `${path}.authorizationConfig.accessPointId`);
      }
    });
  },
});
