export { ensureProject, ensureStack, findProject } from "./ensure.ts";
export { mask, maskOutputs } from "./mask.ts";
export { ProjectPolicies, requireRightSettings } from "./policies.ts";
export { Projects, type StackState } from "./projects.ts";
