import { stackRule } from "../../rule.ts";
import { isOn } from "../../values.ts";

export const efsProtected = stackRule({
  id: "efs-protected",
  title: "File systems are encrypted and backed up",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP EFS.1", "FSBP EFS.2", "CIS-AWS 3.3.1"],
  remediation:
    "Set encrypted to true, and add a BackupPolicy with the status ENABLED or a plan of AWS Backup.",
  kinds: ["aws:efs/FileSystem"],
  check(files, { found, stack }) {
    if (!isOn(files.props.encrypted)) found("is not encrypted", "encrypted");
    const byPolicy = stack
      .pointingAt(files, "aws:efs/BackupPolicy", "fileSystemId")
      .some(({ props }) => props.backupPolicy?.status === "ENABLED");
    const byPlan = stack.pointingAt(files, "aws:backup/Selection", "resources").length > 0;
    if (!byPolicy && !byPlan) found("is not backed up");
  },
});
