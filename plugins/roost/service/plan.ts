import type { PropertyChange } from "../../provider/index.ts";
import { canonical, processInputs, resolveSettings, type ServiceInputs } from "./spec.ts";

export type ChangePlan =
  | { action: "none"; changed: [] }
  /** The running process takes new settings over. */
  | { action: "settings"; changed: string[] }
  /** The process is replaced, at the same address. */
  | { action: "process"; changed: string[] }
  /** Nothing changed, but it is down. */
  | { action: "start"; changed: ["state"] };

const settingInputs = ["healthCheck", "restart", "log", "stopGraceSeconds"] as const;

/** What has to be done to get from one set of inputs, and a state found, to another. */
export function planChange(old: ServiceInputs, wanted: ServiceInputs, up: boolean): ChangePlan {
  const process = processInputs.filter((name) => canonical([old[name]]) !== canonical([wanted[name]]));
  const [before, after] = [resolveSettings(old), resolveSettings(wanted)];
  const settings = settingInputs.filter((name) => canonical([before[name]]) !== canonical([after[name]]));
  const changed = [...process, ...settings];
  if (process.length > 0) return { action: "process", changed };
  if (!up)
    return changed.length > 0 ? { action: "process", changed } : { action: "start", changed: ["state"] };
  return changed.length > 0 ? { action: "settings", changed } : { action: "none", changed: [] };
}

/**
 * The same as the engine wants it, by the paths that differ: every change is made in place.
 * @param differing all paths in which the inputs differ
 */
export function toChanges(
  plan: ChangePlan,
  differing: Record<string, PropertyChange>,
): Record<string, PropertyChange> {
  const isIn = (path: string, name: string) => path === name || /^[.[]/.test(path.slice(name.length));
  const changes = plan.changed.flatMap((name) => {
    const paths = Object.keys(differing).filter((path) => path.startsWith(name) && isIn(path, name));
    if (paths.length === 0) return [[name, { kind: "update", replace: false }] as const];
    return paths.map((path) => [path, { ...differing[path]!, replace: false }] as const);
  });
  return Object.fromEntries(changes);
}
