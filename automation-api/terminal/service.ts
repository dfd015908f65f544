import {
  generate,
  plugins,
  provisionScript,
  sourcesOf,
  themes,
} from "../../host-provisioning/terminal/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import type { Generated } from "./contract.ts";
import { shellFaults, shellOf } from "./descriptions.ts";
import type { ZshrcRequest } from "./requests.ts";

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

/**
 * Makes a configuration; nothing is kept and no host is touched.
 * @throws invalid for a plugin over budget, or whose files are not among the sources.
 */
export function generateZshrc(principal: Principal, request: ZshrcRequest): Generated {
  authorize(principal, "host:read");
  const { shell, notes } = shellOf(request);
  const { shell: made, faults } = generate(shell, sourcesOf(request.sources));
  if (!made) throw shellFaults(faults);
  return { template: "zshrc", ...made, shell, provision: provisionScript, notes };
}
