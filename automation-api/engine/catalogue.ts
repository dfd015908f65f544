import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import type { ProviderDefinition } from "../../plugins/provider/index.ts";
import type { Job } from "./contract.ts";

/** What a catalogue module exports: stacks/index.ts, or one that adds to it. */
export interface Catalogue {
  builtins: Record<string, { load(): Promise<PulumiFn> }>;
  providers?: Record<string, ProviderDefinition>;
}

/** The builtin program that a job names. */
export async function builtinProgram(catalogue: Catalogue, job: Job): Promise<PulumiFn> {
  const name = job.program.kind === "builtin" ? job.program.name : "";
  const builtin = Object.hasOwn(catalogue.builtins, name) ? catalogue.builtins[name] : undefined;
  if (!builtin) throw new Error(`There is no builtin program ${name}.`);
  return builtin.load();
}
