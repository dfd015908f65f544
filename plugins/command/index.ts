export { commandProvider } from "./provider.ts";
