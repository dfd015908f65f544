import { isGiven } from "../../known.ts";
import type { Props, Resource } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import type { Stack } from "../../stack.ts";
import { isOn, list } from "../../values.ts";
import { clusters, instances } from "./databases.ts";

export const rdsAccess = stackRule({
  id: "rds-access",
  title: "Nobody writes a database's password down, and clients must use TLS",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP RDS.10", "FSBP RDS.38", "CT CT.RDS.PR.7", "CT CT.RDS.PR.28", "CKV CKV2_AWS_69"],
  remediation:
    "Set manageMasterUserPassword or iamDatabaseAuthenticationEnabled and no password; set rds.force_ssl (PostgreSQL, SQL Server) or require_secure_transport (MySQL) in the parameter group.",
  kinds: [...instances, ...clusters],
  check(database, { found, stack }) {
    const { props } = database;
    const isCopy = isGiven(props, "replicateSourceDb") || isGiven(props, "replicationSourceIdentifier");
    const isManaged = isOn(props.manageMasterUserPassword) || isOn(props.iamDatabaseAuthenticationEnabled);
    if (!isManaged && !isCopy) found("has a password that somebody keeps", "manageMasterUserPassword");
    if (isGiven(props, "password") || isGiven(props, "masterPassword")) {
      found("has its password in the stack", isGiven(props, "password") ? "password" : "masterPassword");
    }
    const engine = String(props.engine ?? "");
    const parameter = /postgres|sqlserver/.test(engine)
      ? "rds.force_ssl"
      : /mysql|mariadb/.test(engine)
        ? "require_secure_transport"
        : undefined;
    if (parameter === undefined) return;
    const groups = groupsOf(database, stack);
    const value = groups
      .flatMap(({ parameters }) => list(parameters))
      .find(({ name }: Props) => name === parameter)?.value;
    // PostgreSQL from 15 on asks for TLS by default; only a group that says otherwise changes it.
    const isDefault =
      value === undefined && engine.includes("postgres") && Number.parseInt(props.engineVersion, 10) >= 15;
    if (!isDefault && !/^(1|ON|true)$/i.test(String(value ?? ""))) {
      found("lets clients in without TLS", "parameterGroupName");
    }
  },
});

function groupsOf(database: Resource, stack: Stack): Props[] {
  return [
    ...stack.targets(database, "parameterGroupName", "aws:rds/ParameterGroup"),
    ...stack.targets(database, "dbClusterParameterGroupName", "aws:rds/ClusterParameterGroup"),
  ].map(({ props }) => props);
}
