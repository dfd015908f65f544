export { isReplacing, replacingInputs } from "./replacing-inputs.ts";
export { type SimulatedCloud, type SimulatedResource, simulateCloud } from "./simulated-cloud.ts";
