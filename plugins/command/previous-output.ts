import type { Context } from "../provider/index.ts";
import type { CommandInputs, Output } from "./inputs.ts";

/** No single variable may be longer on Linux; the command could not even be started. */
const longestVariable = 128 * 1024 - 64;

/** What the last run printed, for the next one to read, unless that is switched off. */
export function previousVariables(
  context: Context,
  { addPreviousOutputInEnv = true }: CommandInputs,
  { stdout, stderr }: Partial<Output>,
): Record<string, string> {
  if (!addPreviousOutputInEnv) return {};
  const variables = { PULUMI_COMMAND_STDOUT: stdout, PULUMI_COMMAND_STDERR: stderr };
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (!value) continue;
    if (Buffer.byteLength(value) <= longestVariable) kept[name] = value;
    else context.log("warning", `${name} is left out: the last output is too long for a variable`);
  }
  return kept;
}
