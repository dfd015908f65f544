import { readFileSync } from "node:fs";
import { readRefusal, readSimulation, type Simulation } from "../reinstall/index.ts";
import { quote } from "../undo/index.ts";
import { markLine, readRecords } from "./survey.ts";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
export const stageText = read("stage.sh");
const solveText = read("solve.sh");

export interface WantedVersion {
  name: string;
  version: string;
  /** This version or none; false: another one where this cannot be had. */
  must: boolean;
}

/** What the host's own solver says. */
export interface Solved {
  /** Words for apt-get: `NAME` or `NAME=VERSION`. */
  chosen: string[];
  simulation: Simulation;
  /** By name, why it cannot be installed here. */
  refused: Record<string, string>;
  /** Why the sources could not be asked; null: they could, or are as they were. */
  sources: string | null;
}

/** @param sources files of sources that are other ones than the host has. */
export function solveScript(
  mark: string,
  wanted: readonly WantedVersion[],
  sources: readonly { path: string; mode: string; bytes: Buffer }[],
): string {
  const stage = sources.map(({ path, mode, bytes }) =>
    ["  stage_file", quote(path), quote(mode), quote(bytes.toString("base64"))].join(" "),
  );
  const wants = wanted.map(({ name, version, must }) =>
    ["  want", quote(name), quote(version), must ? "must" : "prefer"].join(" "),
  );
  return [
    "set -eu",
    markLine(mark),
    `sources=${sources.length > 0 ? "yes" : "no"}`,
    ["stage() {", ...stage, "  :", "}"].join("\n"),
    ["wants() {", ...wants, "  :", "}"].join("\n"),
    stageText,
    solveText,
  ].join("\n");
}

/** What solve.sh printed. Pure. @returns undefined when it is not whole. */
export function readSolved(output: string, mark: string): Solved | undefined {
  const records = readRecords(output, mark);
  if (!records) return undefined;
  const found: Solved = { chosen: [], simulation: { installs: [], removes: [] }, refused: {}, sources: null };
  for (const [record, text] of records) {
    const [kind, word = ""] = record.split(" ");
    if (kind === "absent") found.refused[word] = text;
    if (kind === "refused") found.refused[word] = readRefusal(text).message;
    if (kind === "chosen") found.chosen = text.split("\n").filter((line) => line !== "");
    if (kind === "simulation" && word === "0") found.simulation = readSimulation(text);
    // apt says of single sources that fail, and goes on with the others.
    if (kind === "sources") found.sources = /^[EW]: (.*)$/m.exec(text)?.[1] ?? null;
  }
  return records.some(([record]) => record === "simulation 0") ? found : undefined;
}
