import {
  generate,
  mergeAliases,
  plugins,
  provisionScript,
  readDefinition,
  shellSchema,
  sourcesOf,
  themes,
} from "../../host-provisioning/terminal/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { RoostError } from "../errors.ts";
import type { Generated, ImportedAliases } from "./contract.ts";
import type { ImportRequest, ZshrcRequest } from "./requests.ts";

export { zshrcRequest } from "./requests.ts";

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
export function generateZshrc(principal: Principal, { shell, definition, sources }: ZshrcRequest): Generated {
  authorize(principal, "host:read");
  const read = definition && readDefinition(definition.framework, definition.text);
  const whole = shell ?? shellSchema.parse(read?.shell ?? {});
  const { shell: made, faults } = generate(whole, sourcesOf(sources));
  if (!made) {
    const named = faults.map(({ field, message }) => ({ field: `shell.${field}`, message }));
    const summary = named.map(({ field, message }) => `${field}: ${message}`).join("; ");
    throw new RoostError("invalid", summary, { faults: named });
  }
  return {
    template: "zshrc",
    ...made,
    shell: whole,
    provision: provisionScript,
    notes: read?.notes ?? [],
  };
}

/** Brings aliases into the caller's registry. */
export function importAliases(
  principal: Principal,
  { aliases, registry, replace }: ImportRequest,
): ImportedAliases {
  authorize(principal, "host:read");
  return mergeAliases(registry, aliases, replace);
}
