import { callerOf, regionOf } from "../../../plugins/roost/index.ts";
import type { Settings } from "../../config.ts";
import { messageOf } from "../../errors.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** Where sessions on ECS run, and as whom the server asks; nothing when they do not. */
export async function checkEcs(
  settings: Pick<Settings, "ROOST_ECS_CLUSTER" | "ROOST_ECS_PROFILE">,
): Promise<Finding[]> {
  const { ROOST_ECS_CLUSTER: cluster, ROOST_ECS_PROFILE: profile } = settings;
  if (cluster === undefined) return [];
  const [region, account] = [regionOf(cluster), cluster.split(":")[4]];
  const how = profile === undefined ? "by the SDK's chain" : `by profile ${profile}`;
  const place = `cluster ${cluster.split("/").at(-1)} in ${region}`;
  try {
    const caller = await callerOf({ cluster, profile });
    const found = `${place}, as ${caller.arn} (${how})`;
    if (caller.account === account) return [ok("ecs", found)];
    const reason = `the cluster is of account ${account}, the caller of ${caller.account}`;
    return [warning("ecs", found, reason, "name another profile in ROOST_ECS_PROFILE")];
  } catch (error) {
    const next = "give the server a role, AWS_PROFILE or ROOST_ECS_PROFILE";
    return [fault("ecs", `${place}, ${how}`, `AWS does not say who asks: ${messageOf(error)}`, next)];
  }
}
