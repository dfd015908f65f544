export { noopProvider } from "./provider.ts";
export { type Deed, openWorld, type World } from "./world.ts";
