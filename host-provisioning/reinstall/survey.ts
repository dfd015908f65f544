import { readFileSync } from "node:fs";
import { quote } from "../undo/index.ts";
import { type Conffile, readConffiles } from "./conffiles.ts";
import { type Refusal, readRefusal, readSimulation, type Simulation } from "./simulation.ts";
import { type Available, readMadison } from "./versions.ts";

const text = readFileSync(new URL("./survey.sh", import.meta.url), "utf8");
/** Functions `conffile_listing` and `conffile_sums`, for other surveys too. */
export const conffileFunctions = readFileSync(new URL("./conffiles.sh", import.meta.url), "utf8");

export interface ReinstallSurvey {
  /** What apt would do, or why it would not. */
  outcome: Simulation | { refusal: Refusal };
  conffiles: Conffile[];
  /** By name, newest first. */
  available: Record<string, Available[]>;
}

/**
 * @param mark what nobody on the host can foresee: 8 to 64 letters and digits.
 * @param words arguments of apt-get.
 */
export function surveyScript(mark: string, words: readonly string[], names: readonly string[]): string {
  if (!/^[A-Za-z0-9]{8,64}$/.test(mark)) throw new Error("A mark is 8 to 64 letters and digits.");
  return [
    `mark='${mark}'`,
    `simulate() { simulated ${words.map(quote).join(" ")}; }`,
    ["versions() {", ...names.map((name) => `  each ${quote(name)}`), "  :", "}"].join("\n"),
    conffileFunctions,
    text,
  ].join("\n");
}

/** What survey.sh found. Pure. @returns undefined when it is not whole. */
export function readSurvey(output: string, mark: string): ReinstallSurvey | undefined {
  const records = output.split("\0");
  if (records.pop() !== "" || records.pop() !== `end ${mark}` || records.length % 2 !== 0) return undefined;
  const found = new Map<string, string>();
  for (let at = 0; at < records.length; at += 2) found.set(records[at] as string, records[at + 1] as string);
  const [simulation, said = ""] = [...found].find(([name]) => name.startsWith("simulation ")) ?? [];
  const [conffiles, sums] = [found.get("conffiles"), found.get("sums")];
  if (simulation === undefined || conffiles === undefined || sums === undefined) return undefined;
  const versions = [...found].filter(([name]) => name.startsWith("versions "));
  return {
    outcome: simulation === "simulation 0" ? readSimulation(said) : { refusal: readRefusal(said) },
    conffiles: readConffiles(conffiles, sums),
    available: Object.fromEntries(versions.map(([name, rows]) => [name.slice(9), readMadison(rows)])),
  };
}
