import type { SessionTargets } from "./target.ts";
import { type EcsOptions, ecsTarget } from "./targets/ecs/target.ts";
import { processTarget } from "./targets/process.ts";

export type { SessionTarget, SessionTargets, StartBatch, TargetSession } from "./target.ts";
export { callerOf, regionOf } from "./targets/ecs/api.ts";
export type { EcsOptions } from "./targets/ecs/target.ts";

/**
 * The targets that this process reaches.
 * @param dataFolder where sessions that are processes are kept
 * @param ecs the cluster for those on ECS. Default: none
 */
export function openSessionTargets(dataFolder: string, ecs?: EcsOptions): SessionTargets {
  return { process: processTarget(dataFolder), ...(ecs && { ecs: ecsTarget(ecs) }) };
}
