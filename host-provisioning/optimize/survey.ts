import { readFileSync } from "node:fs";
import { Probe } from "../facts/probe.ts";

const text = readFileSync(new URL("./survey.sh", import.meta.url), "utf8");

/** What can be tuned on a host, to the letter, and which files set it when the host starts. */
export interface Survey {
  /** Texts of files under /proc/sys and /sys, by path. */
  values: ReadonlyMap<string, string>;
  /** Files that set them, by path. */
  files: ReadonlyMap<string, string>;
  /** Modules of this kernel, loaded or not. */
  modules: ReadonlySet<string>;
  /** Paths that exist, of the few that were looked for. */
  present: ReadonlySet<string>;
}

/** @param mark what nobody on the host can foresee: 8 to 64 letters and digits. */
export function surveyScript(mark: string): string {
  if (!/^[A-Za-z0-9]{8,64}$/.test(mark)) throw new Error("A mark is 8 to 64 letters and digits.");
  return `mark='${mark}'\n${text}`;
}

/** What survey.sh found. Pure. @returns undefined when it is not whole. */
export function readSurvey(output: string, mark: string): Survey | undefined {
  const probe = new Probe(output, mark);
  if (!probe.isWhole) return undefined;
  const values = new Map<string, string>();
  const files = new Map<string, string>();
  for (const [path, leaves] of probe.things(/^(\/.+)$/)) {
    const lines = leaves.get("") ?? [];
    const isValue = path.startsWith("/proc/") || path.startsWith("/sys/");
    if (isValue) values.set(path, lines.join("\n"));
    else files.set(path, lines.map((line) => `${line}\n`).join(""));
  }
  const modules = probe.section("modules").flatMap((path) => /([^/]+)\.ko$/.exec(path)?.[1] ?? []);
  return { values, files, modules: new Set(modules), present: new Set(probe.section("present")) };
}
