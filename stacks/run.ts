import * as pulumi from "@pulumi/pulumi";
import { type Builtins, builtins, checkConfig, describeFaults, type Outputs } from "./index.ts";

const programKey = "roost:program";

/**
 * Runs a builtin with the configuration of the stack that is being updated.
 * @param name default: what the configuration names as `roost:program`, else "hello"
 * @throws RunError naming all faults of the configuration
 */
export async function runBuiltin(name?: string, known: Builtins = builtins): Promise<Outputs> {
  const chosen = name ?? pulumi.runtime.getConfig(programKey) ?? "hello";
  const { values, secretKeys } = stackConfig();
  const checked = checkConfig(chosen, values, secretKeys, known);
  if ("faults" in checked) throw new pulumi.RunError(describeFaults(chosen, checked.faults));
  const program = await known[chosen]!.load();
  return program(checked.config as never);
}

/** The values in the project's own namespace; which program runs is not one of them. */
function stackConfig() {
  const prefix = `${pulumi.getProject()}:`;
  const keys = Object.keys(pulumi.runtime.allConfig()).filter(
    (key) => key.startsWith(prefix) && key !== programKey,
  );
  const named = keys.map((key) => [key.slice(prefix.length), pulumi.runtime.getConfig(key)] as const);
  const secretKeys = keys.filter((key) => isSecretKey(key)).map((key) => key.slice(prefix.length));
  return { values: Object.fromEntries(named) as Record<string, unknown>, secretKeys };
}

/** The SDK has it, and its `Config` is built on it, but its types leave it out. */
function isSecretKey(key: string): boolean {
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };
  return isConfigSecret(key);
}
