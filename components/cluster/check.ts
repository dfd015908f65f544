import { type Fault, oneOf } from "../faults.ts";
import { checkRetention } from "../logs.ts";
import { unknownRoles } from "../overrides.ts";
import { checkPlace } from "../regions.ts";
import { type ClusterArgs, InsightLevel } from "./args.ts";

/** Roles of the children, for `overrides`. */
export const CLUSTER_ROLES = ["cluster", "capacity", "namespace", "execKey", "execLogGroup"] as const;

/** Everything that is wrong with a cluster's arguments. */
export function checkCluster(args: ClusterArgs): Fault[] {
  return [
    ...unknownRoles(args.overrides, CLUSTER_ROLES),
    ...checkPlace(args),
    ...(args.insights === undefined ? [] : oneOf("insights", args.insights, InsightLevel)),
    ...checkRetention("exec.retentionDays", args.exec?.retentionDays),
  ];
}
