import type { PathChange } from "../host-actions/contract.ts";
import { formatBytes } from "./duration.ts";

const listedLines = 40;

interface Line {
  text: string;
  paths: number;
  bytes: number;
}

/**
 * What changes, for people to decide by: what goes first, the largest first, a folder that goes with all in it as one
 * line; then what is made otherwise. Of either at most 40 lines, and how much there is beside. Pure.
 */
export function changeLines(changes: PathChange[]): string {
  const others = changes.filter(({ kind }) => kind === "changed" || kind === "created");
  const signs = { changed: "~", created: "+" } as Record<string, string>;
  const made = others
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ kind, path, bytes, type }) => line(`${signs[kind]} ${path}`, 1, type === "d" ? 0 : bytes));
  return [...listed(removals(changes)), ...listed(made)]
    .map((text) => `${text.replaceAll(/\p{Cc}+/gu, " ")}\n`)
    .join("");
}

/** A folder is removed only with all that was in it. */
function removals(changes: PathChange[]): Line[] {
  const removed = changes.filter(({ kind }) => kind === "removed");
  const folders = new Set(removed.filter(({ type }) => type === "d").map(({ path }) => path));
  const groups = Map.groupBy(removed, ({ path }) => outermost(path, folders));
  return [...groups]
    .map(([path, found]) => {
      const bytes = found.reduce((sum, each) => sum + each.bytes, 0);
      return line(folders.has(path) ? `- ${path}/` : `- ${path}`, found.length, bytes);
    })
    .sort((a, b) => b.bytes - a.bytes || (a.text < b.text ? -1 : 1));
}

function outermost(path: string, folders: Set<string>): string {
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1))
    if (folders.has(path.slice(0, at))) return path.slice(0, at);
  return path;
}

function line(name: string, paths: number, bytes: number): Line {
  const words = [...(paths > 1 ? [`${paths} paths`] : []), ...(bytes > 0 ? [formatBytes(bytes)] : [])];
  return { text: words.length > 0 ? `${name}  ${words.join(", ")}` : name, paths, bytes };
}

function listed(lines: Line[]): string[] {
  const rest = lines.slice(listedLines);
  const sum = (of: (each: Line) => number) => rest.reduce((total, each) => total + of(each), 0);
  const more = `… and ${sum(({ paths }) => paths)} more paths, ${formatBytes(sum(({ bytes }) => bytes))}; all of them with --json`;
  return [...lines.slice(0, listedLines).map(({ text }) => text), ...(rest.length > 0 ? [more] : [])];
}
