import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import type { ProviderDefinition } from "../../plugins/provider/index.ts";
import type { Builtins } from "../../stacks/index.ts";
import { runBuiltin } from "../../stacks/run.ts";

/** What a catalogue module exports: stacks/index.ts, or one that adds to it. */
export interface Catalogue {
  builtins: Builtins;
  /** Attached to engines beside our own providers. */
  providers?: Record<string, ProviderDefinition>;
}

/** The builtin program of that name; its configuration is judged when it runs. */
export function builtinProgram(catalogue: Catalogue, name: string): PulumiFn {
  return () => runBuiltin(name, catalogue.builtins);
}
