export { defaultDataFolder } from "./data-folder.ts";
export { lookUp } from "./look-up.ts";
export { type RoostProviderOptions, roostProvider, serviceType } from "./provider.ts";
export { type FoundService, lookUpService, type Restored, restoreServices } from "./service/restore.ts";
export { reasonToShareUser } from "./service/user.ts";
