export { lookUp } from "./look-up.ts";
export { type RoostProviderOptions, roostProvider } from "./provider.ts";
export { type Restored, restoreServices } from "./service/restore.ts";
export {
  callerOf,
  daemonOf,
  type EcsOptions,
  type Endpoint,
  isolationOf,
  openSessionTargets,
  openToSessions,
  regionOf,
  type SessionTarget,
  type SessionTargets,
  type StartBatch,
  type TargetSession,
} from "./session/index.ts";
