import path from "node:path";
import type { ProgramLimits } from "./domain.ts";

/** What a tar header says about one entry. */
export interface ArchiveEntry {
  path: string;
  type: string;
  size: number;
  linkpath?: string;
}

const files = new Set(["File", "OldFile", "ContiguousFile"]);

/**
 * A check that is asked about each entry in turn and counts what it has seen.
 * It answers why the archive must not be unpacked, or undefined.
 */
export function createEntryCheck(limits: ProgramLimits): (entry: ArchiveEntry) => string | undefined {
  let entries = 0;
  let bytes = 0;
  return (entry) => {
    entries += 1;
    bytes += entry.size;
    if (entries > limits.entries) return `it has more than ${limits.entries} entries`;
    if (bytes > limits.bytes) return `it unpacks to more than ${limits.bytes} bytes`;
    return pathFault(entry.path, limits) ?? typeFault(entry);
  };
}

function pathFault(name: string, limits: ProgramLimits): string | undefined {
  if (Buffer.byteLength(name) > limits.pathBytes) return `a path is longer than ${limits.pathBytes} bytes`;
  if (/[\p{Cc}\\]/u.test(name))
    return `the path ${JSON.stringify(name)} has a control character or backslash`;
  if (path.posix.isAbsolute(name) || /^[A-Za-z]:/.test(name)) return `the path ${name} is absolute`;
  if (name.split("/").includes("..")) return `the path ${name} leads out by ..`;
  return undefined;
}

function typeFault(entry: ArchiveEntry): string | undefined {
  const { path: name, type, linkpath = "" } = entry;
  if (files.has(type) || type === "Directory") return undefined;
  if (type !== "SymbolicLink" && type !== "Link") return `${name} is a ${type}, not a file, folder or link`;
  // A hard link's target counts from the root of the archive, a symbolic link's from its own folder.
  const from = type === "Link" ? "." : path.posix.dirname(name);
  const target = path.posix.join(from, linkpath);
  if (path.posix.isAbsolute(linkpath) || target === ".." || target.startsWith("../")) {
    return `the link ${name} leads out, to ${JSON.stringify(linkpath)}`;
  }
  return undefined;
}
