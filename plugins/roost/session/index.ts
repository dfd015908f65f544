import type { SessionTargets } from "./target.ts";
import { processTarget } from "./targets/process.ts";

export type { SessionTarget, SessionTargets, TargetSession } from "./target.ts";

/**
 * The targets that this process reaches.
 * @param dataFolder where sessions that are processes are kept
 */
export function openSessionTargets(dataFolder: string): SessionTargets {
  return { process: processTarget(dataFolder) };
}
