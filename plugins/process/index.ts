export { baseEnvironment } from "./environment.ts";
export * from "./frames.ts";
export { bootId, identify, isAlive, type ProcessIdentity, startTimeOf } from "./identity.ts";
export { type Child, type Exit, type Launcher, type LaunchRequest, launch } from "./launch.ts";
export { socketLauncher } from "./socket.ts";
