import { readFileSync } from "node:fs";

/** Needs uname, id and cut, which every Linux has. */
export const checkScript = readFileSync(new URL("./check.sh", import.meta.url), "utf8");

export interface CheckFacts {
  /** Such as `Linux 6.1.0-30-amd64 x86_64`. */
  system: string;
  user: string;
  uptimeSeconds: number;
}

/**
 * What check.sh said. Pure.
 * @returns undefined when it is not what the script writes: a login that prints a greeting into scripts, say.
 */
export function readCheck(output: string): CheckFacts | undefined {
  const [, system, user, uptime] = /^(\S+ \S+ \S+)\n([^\n]{1,64})\n(\d+\.\d+)\n$/.exec(output) ?? [];
  if (system === undefined || user === undefined) return undefined;
  return { system: system.slice(0, 300), user, uptimeSeconds: Number(uptime) };
}
