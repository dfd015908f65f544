import { plugins, themes } from "../../host-provisioning/terminal/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";

export { ShellVersionHistory } from "./history.ts";
export { ShellInstalls } from "./installs.ts";
export { zshrcInstall, zshrcRequest } from "./requests.ts";

export function listThemes(principal: Principal) {
  authorize(principal, "host:read");
  return { items: [...themes] };
}

export function listPlugins(principal: Principal) {
  authorize(principal, "host:read");
  return { items: [...plugins] };
}
