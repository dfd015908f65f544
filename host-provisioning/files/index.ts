import { readFileSync } from "node:fs";
import { quote } from "../undo/index.ts";

export { unifiedDiff } from "./lines.ts";

const script = readFileSync(new URL("./read.sh", import.meta.url), "utf8");

/** What stands at a path; a link is not followed, and what is over 1 MiB or no text is `other`. */
export type Present = { kind: "file"; text: string } | { kind: "none" | "link" | "other" };

/**
 * Reads files of a host; `readFiles` with the same mark reads what it prints.
 * @param mark what nobody on the host can foresee: 8 to 64 letters and digits.
 */
export function filesScript(mark: string, paths: readonly string[]): string {
  if (!/^[A-Za-z0-9]{8,64}$/.test(mark)) throw new Error("A mark is 8 to 64 letters and digits.");
  const calls = paths.map((path) => `  each ${quote(path)}`);
  return [`mark='${mark}'`, "paths() {", ...calls, "  :", "}", script].join("\n");
}

/** What filesScript printed, by path. Pure. @returns undefined when it is not whole, or a text holds NUL. */
export function readFiles(
  output: Buffer,
  mark: string,
  paths: readonly string[],
): Map<string, Present> | undefined {
  const text = output.toString("utf8");
  const records = text.split("\0");
  const found = new Map<string, Present>();
  for (const path of paths) {
    const record = records.shift();
    if (record === `file ${path}`) {
      const content = records.shift() ?? "";
      found.set(path, content.includes("\uFFFD") ? { kind: "other" } : { kind: "file", text: content });
    } else {
      const [, kind] = /^(none|link|other) /.exec(record ?? "") ?? [];
      if (kind === undefined || record !== `${kind} ${path}`) return undefined;
      found.set(path, { kind: kind as "none" | "link" | "other" });
    }
  }
  return records.length === 2 && records[0] === `end ${mark}` ? found : undefined;
}
