import {
  readDefinition,
  type Shell,
  type ShellFault,
  shellSchema,
} from "../../host-provisioning/terminal/index.ts";
import { RoostError } from "../errors.ts";
import type { Generated } from "./contract.ts";
import type { ZshrcRequest } from "./requests.ts";

/** The shell that a request describes, itself or in another framework's words. */
export function shellOf({ shell, definition }: Pick<ZshrcRequest, "shell" | "definition">): {
  shell: Shell;
  notes: Generated["notes"];
} {
  const read = definition && readDefinition(definition.framework, definition.text);
  return { shell: shell ?? shellSchema.parse(read?.shell ?? {}), notes: read?.notes ?? [] };
}

/** @param prefix of the fields in the request. */
export function shellFaults(faults: ShellFault[], prefix = "shell."): RoostError {
  const named = faults.map(({ field, message }) => ({ field: `${prefix}${field}`, message }));
  const summary = named.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return new RoostError("invalid", summary, { faults: named });
}
