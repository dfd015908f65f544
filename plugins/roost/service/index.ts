export { bootId, identify, isAlive, type ProcessIdentity, startTimeOf } from "./identity.ts";
