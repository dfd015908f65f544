import { type Present, unifiedDiff } from "../files/index.ts";
import { valueIn } from "../optimize/settings.ts";
import { type Draft, emptyDraft, type Step } from "../undo/index.ts";
import type { Generated } from "./template.ts";

/** One file that is put in place. */
export interface ConfigChange {
  path: string;
  /** As `diff -u` writes it; empty: it is so already. */
  diff: string;
}

/** Files and kernel values of which the text of now has to be known. Pure. */
export function pathsOf({ files, live = [], include }: Generated): string[] {
  const paths = [...files, ...live, ...(include ? [include] : [])].map(({ path }) => path);
  return [...new Set(paths)];
}

/**
 * What puts a generated configuration in place: its files, judged by their own program before anything takes them
 * up. Pure. @returns faults for a host on which that cannot be.
 */
export function draftConfig(
  generated: Generated,
  present: ReadonlyMap<string, Present>,
): { draft: Draft; files: ConfigChange[] } | { faults: string[] } {
  const { live = [], include, refresh, validator, shows = [] } = generated;
  const files: { path: string; mode: string; text: string }[] = [...generated.files];
  const faults: string[] = [];
  const into = include && present.get(include.path);
  if (include && into?.kind === "file")
    files.push({ path: include.path, mode: "0644", text: withLine(into.text, include.line) });
  if (include && into?.kind === "none")
    faults.push(`${include.path} is not there: the package is not installed`);
  for (const path of pathsOf(generated)) {
    const kind = present.get(path)?.kind;
    if (kind === "link") faults.push(`${path} is a link: what it leads to is not replaced`);
    if (kind === "other" || kind === undefined) faults.push(`${path} is there and is no text file`);
  }
  const values = live.map(({ path, value }) => {
    const found = present.get(path);
    if (found?.kind === "none") faults.push(`the kernel has no ${path}`);
    return { path, value, before: found?.kind === "file" ? valueIn(found.text) : "" };
  });
  if (faults.length > 0) return { faults };
  const first = generated.files[0]?.path ?? "";
  const words = validator?.arguments.map((word) => word.replace("{file}", first)) ?? [];
  const otherwise = values.filter(({ value, before }) => value !== before);
  const draft: Draft = {
    ...emptyDraft,
    steps: [
      ...files.map(({ path, mode, text }): Step => ["write_file", ...split(path), mode, text]),
      ...(validator ? [["validate", validator.program, ...words] as const] : []),
      ...otherwise.map(({ path, value }): Step => ["set_live", path, value]),
      ...refresh.map(({ how, unit }): Step => ["refresh_unit", how, unit]),
    ],
    goals: [
      ...files.map(({ path, text }): Step => ["goal_text", path, text]),
      ...values.map(({ path, value }): Step => ["goal_live", path, "equal", value]),
      ...refresh.flatMap(({ how, unit }): Step[] => (how === "reexec" ? [] : [["goal_still_active", unit]])),
      ...shows.map(
        ({ unit, program, arguments: args, text }): Step =>
          unit === undefined
            ? ["goal_prints", text, program, ...args]
            : ["goal_still_prints", unit, text, program, ...args],
      ),
    ],
    live: otherwise.map(({ path, before }) => ({ path, before })).reverse(),
    refresh,
  };
  const before = (path: string) => {
    const found = present.get(path);
    return found?.kind === "file" ? found.text : null;
  };
  return {
    draft,
    files: files.map(({ path, text }) => ({ path, diff: unifiedDiff(path, before(path), text) })),
  };
}

function withLine(text: string, line: string): string {
  if (text.split("\n").includes(line)) return text;
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
}

function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return [path.slice(0, at), path.slice(at + 1)];
}
