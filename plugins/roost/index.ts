export { lookUp } from "./look-up.ts";
export { type RoostProviderOptions, roostProvider } from "./provider.ts";
export { type Restored, restoreServices } from "./service/restore.ts";
export {
  openSessionTargets,
  type SessionTarget,
  type SessionTargets,
  type TargetSession,
} from "./session/index.ts";
