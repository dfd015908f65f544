export { lookUp } from "./look-up.ts";
export { type RoostProviderOptions, roostProvider } from "./provider.ts";
export { type Restored, restoreServices } from "./service/restore.ts";
export {
  callerOf,
  type EcsOptions,
  openSessionTargets,
  regionOf,
  type SessionTarget,
  type SessionTargets,
  type StartBatch,
  type TargetSession,
} from "./session/index.ts";
