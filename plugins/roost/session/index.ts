import { existsSync } from "node:fs";
import type { SessionTargets } from "./target.ts";
import { dockerTarget } from "./targets/docker/target.ts";
import { type EcsOptions, ecsTarget } from "./targets/ecs/target.ts";
import { type ProcessOptions, processTarget } from "./targets/process.ts";

export type { Endpoint } from "./firewall/plan.ts";
export { openToSessions } from "./firewall/reach.ts";
export {
  isolationOf,
  type SessionTarget,
  type SessionTargets,
  type StartBatch,
  type TargetSession,
} from "./target.ts";
export { type DaemonFacts, daemonOf } from "./targets/docker/api.ts";
export { callerOf, regionOf } from "./targets/ecs/api.ts";
export type { EcsOptions } from "./targets/ecs/target.ts";

export interface LocalOptions extends ProcessOptions {
  /** Of a Docker daemon, if there is one. */
  dockerSocket?: string;
}

/**
 * The targets that this process reaches.
 * @param dataFolder where sessions that are processes are kept
 * @param ecs the cluster for those on ECS. Default: none
 * @param local what those on this machine may reach, and as whom they run
 */
export function openSessionTargets(
  dataFolder: string,
  ecs?: EcsOptions,
  { dockerSocket, ...local }: LocalOptions = {},
): SessionTargets {
  const hasDaemon = process.platform === "linux" && dockerSocket !== undefined && existsSync(dockerSocket);
  return {
    process: processTarget(dataFolder, local),
    ...(hasDaemon && { docker: dockerTarget(dataFolder, { socketPath: dockerSocket, reach: local.reach }) }),
    ...(ecs && { ecs: ecsTarget(ecs) }),
  };
}
