import { readFileSync } from "node:fs";

export { type DetailFacts, readDetails } from "./details.ts";
export { type Change, diffFacts } from "./diff.ts";
export { countFacts, type Facts, readFacts } from "./facts.ts";
export type { Package } from "./packages.ts";
export { Probe } from "./probe.ts";
export { type Topology, toMermaid, topologyOf } from "./topology.ts";

const text = readFileSync(new URL("./quick.sh", import.meta.url), "utf8");

/**
 * The probe of a quick scan; `readFacts` with the same mark reads what it prints.
 * @param mark what nobody on the host can foresee, 8 to 64 letters and digits, so that no file there can end a section.
 */
export function quickScript(mark: string): string {
  return marked(text, mark);
}

/** A probe of another kind that opens its sections with `mark`. @throws as `quickScript`. */
export function marked(script: string, mark: string): string {
  if (!/^[A-Za-z0-9]{8,64}$/.test(mark)) throw new Error("A mark is 8 to 64 letters and digits.");
  return `mark='${mark}'\n${script}`;
}
