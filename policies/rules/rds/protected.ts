import { isGiven } from "../../known.ts";
import { resourceRule } from "../../rule.ts";
import { isOff, isOn, isProduction, productionConfig } from "../../values.ts";
import { clusters, instances, members } from "./databases.ts";

export const rdsProtected = resourceRule({
  id: "rds-protected",
  title: "Databases are encrypted and private, and in production survive a zone and a mistake",
  severity: "high",
  level: "mandatory",
  frameworks: [
    "FSBP RDS.2",
    "FSBP RDS.3",
    "FSBP RDS.5",
    "FSBP RDS.8",
    "CIS-AWS 3.2.1",
    "CIS-AWS 3.2.3",
    "CIS-AWS 3.2.4",
    "CT CT.RDS.PR.1",
    "CT CT.RDS.PR.13",
    "CT CT.RDS.PR.23",
    "CT CT.RDS.PR.24",
  ],
  remediation:
    "Set storageEncrypted, publiclyAccessible false, and in production multiAz, deletionProtection and a final snapshot.",
  kinds: [...instances, ...clusters, ...members],
  config: productionConfig,
  check(database, { found, config }) {
    const { kind, props } = database;
    if (isOn(props.publiclyAccessible)) found("can be reached by the world", "publiclyAccessible");
    if (members.includes(kind)) return;
    // A replica and a restored snapshot are encrypted as what they come from.
    const isCopy = ["replicateSourceDb", "snapshotIdentifier", "replicationSourceIdentifier"].some((name) =>
      isGiven(props, name),
    );
    if (!isCopy && !isOn(props.storageEncrypted)) found("is not encrypted", "storageEncrypted");
    if (isCopy && isOff(props.storageEncrypted)) found("is not encrypted", "storageEncrypted");
    if (!isProduction(database, config)) return;
    if (!isOn(props.deletionProtection)) found("can be deleted by mistake", "deletionProtection");
    if (isOn(props.skipFinalSnapshot)) found("leaves nothing when it is deleted", "skipFinalSnapshot");
    if (instances.includes(kind) && !isOn(props.multiAz) && !isGiven(props, "replicateSourceDb")) {
      found("is lost with its zone", "multiAz");
    }
  },
});
