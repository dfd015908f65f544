import { z } from "zod";
import { isGiven } from "../../known.ts";
import { resourceRule } from "../../rule.ts";
import { isOff, isOn, isProduction, list, productionConfig } from "../../values.ts";
import { clusters, instances, members } from "./databases.ts";

export const rdsKept = resourceRule({
  id: "rds-kept",
  title: "Databases are backed up, patched, logged and watched",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP RDS.6", "FSBP RDS.11", "FSBP RDS.13", "FSBP RDS.17", "FSBP RDS.36", "CIS-AWS 3.2.2"],
  remediation:
    "Set backupRetentionPeriod to 7 days or more, autoMinorVersionUpgrade, enabledCloudwatchLogsExports, copyTagsToSnapshot, and in production monitoringInterval.",
  kinds: [...instances, ...clusters, ...members],
  config: productionConfig.extend({
    backupDays: z.number().default(7).describe("Days that backups are kept at least in production."),
    otherBackupDays: z.number().default(0).describe("Days at least elsewhere."),
  }),
  check(database, { found, config }) {
    const { kind, props } = database;
    const isProductive = isProduction(database, config);
    if (isOff(props.autoMinorVersionUpgrade)) found("does not take patches", "autoMinorVersionUpgrade");
    if (!clusters.includes(kind) && isProductive && !(Number(props.monitoringInterval ?? 0) > 0)) {
      found("is not watched from inside", "monitoringInterval");
    }
    // Backups and logs of a member are its cluster's.
    if (members.includes(kind)) return;
    const isReplica = isGiven(props, "replicateSourceDb");
    const least = isProductive ? config.backupDays : config.otherBackupDays;
    const days = Number(props.backupRetentionPeriod ?? (clusters.includes(kind) ? 1 : 0));
    if (!isReplica && days < least) found(`keeps backups for ${days} days`, "backupRetentionPeriod");
    if (list(props.enabledCloudwatchLogsExports).length === 0) {
      found("keeps its log to itself", "enabledCloudwatchLogsExports");
    }
    if (!isOn(props.copyTagsToSnapshot)) found("makes backups that nobody can assign", "copyTagsToSnapshot");
  },
});
