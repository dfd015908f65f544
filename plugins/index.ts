export { installApart, installPlugins } from "./install.ts";
