import type { z } from "zod";
import type { Facts } from "../facts/index.ts";
import type { Refresh } from "../undo/index.ts";

/** A program that judges a file before it takes effect; the file's place stands as `{file}`. */
export interface Validator {
  program: string;
  arguments: string[];
  /** What is judged: the file alone, or the whole configuration with the file in its place. */
  scope: "file" | "whole";
}

export interface GeneratedFile {
  path: string;
  mode: "0644";
  text: string;
}

/** One value that was worked out, and from what. */
export interface Choice {
  setting: string;
  value: string;
  reason: string;
}

export interface Generated {
  files: GeneratedFile[];
  choices: Choice[];
  /** Null: no program judges such a file. */
  validator: Validator | null;
  /** What takes the files up once they are in place; only what runs. */
  refresh: (Refresh & { how: "reload" | "restart" | "reexec" })[];
  /** Values of the running kernel that are set with the files; none in most templates. */
  live?: { path: string; value: string }[];
  /** A line at the end of a file of the package, without which it would not read ours. */
  include?: { path: string; line: string };
  /** What the host is asked afterwards, and what it has to print; with a unit only if that ran before. */
  shows?: { unit?: string; program: string; arguments: string[]; text: string }[];
}

/** A parameter that does not fit the host. */
export class ParameterFault extends Error {
  /** Name of the parameter. */
  readonly parameter: string;

  constructor(parameter: string, message: string) {
    super(message);
    this.parameter = parameter;
  }
}

/** A configuration that is made from what a scan tells of the host. */
export interface ConfigTemplate<S extends z.ZodObject = z.ZodObject> {
  name: string;
  summary: string;
  parameters: S;
  /** Pure. @throws ParameterFault */
  generate(facts: Facts, parameters: z.output<S>): Generated;
}

/** With its schema's type kept between `parameters` and `generate`. */
export function template<S extends z.ZodObject>(definition: ConfigTemplate<S>): ConfigTemplate {
  return definition as unknown as ConfigTemplate;
}

export const mebibyte = 1024 ** 2;
export const gibibyte = 1024 ** 3;

/** What programs on the host may use: of the machine's the part that its control groups leave. */
export function capacity({ hardware: { limits, memory } }: Facts): {
  cpus: number;
  memoryBytes: number;
  reason: string;
} {
  const memoryBytes = limits.memoryBytes ?? memory.totalBytes ?? 512 * mebibyte;
  const cut = limits.cutBy.length > 0 ? ", as its control group allows" : "";
  const size = `${Math.round(memoryBytes / mebibyte)} MiB`;
  return { cpus: limits.cpus, memoryBytes, reason: `${limits.cpus} processors and ${size}${cut}` };
}

/** A kernel setting of the host as a whole number. @param otherwise when the scan does not tell it. */
export function numberOf({ system }: Facts, name: string, otherwise: number): number {
  const found = system.sysctl[name];
  return typeof found === "number" && Number.isInteger(found) ? found : otherwise;
}

export const heading = "# Made by Roost from what a scan found; changes here are lost when it is made again.";
