import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, posix, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { isArchive, isAsset, type Value } from "../provider/index.ts";
import { recordOf } from "./inputs.ts";

export interface SourceFile {
  /** Relative to where the source is copied to, with `/`. */
  path: string;
  open(): Promise<Readable> | Readable;
}

/** What is to be copied: one file with its own name, or a tree. */
export type Source =
  | { kind: "file"; name: string | undefined; open(): Promise<Readable> | Readable }
  /** `name` is the folder that the tree is copied as; undefined: its content goes right into the target. */
  | { kind: "tree"; name: string | undefined; folders: string[]; files: SourceFile[] };

/** Looks at an asset or archive without reading its content yet. Relative paths start at `folder`. */
export async function readSource(value: Value | undefined, folder: string): Promise<Source> {
  const { text, path, uri, assets } = recordOf(value);
  if (typeof path === "string" && path !== "") return readPath(path, folder);
  if (typeof uri === "string" && uri !== "") {
    const name = posix.basename(new URL(uri).pathname);
    return { kind: "file", name: name || undefined, open: () => download(uri) };
  }
  if (isAsset(value))
    return { kind: "file", name: undefined, open: () => Readable.from([String(text ?? "")]) };
  if (isArchive(value)) return readAssets(recordOf(assets), folder);
  throw new Error("source is neither an asset nor an archive");
}

async function readPath(path: string, folder: string): Promise<Source> {
  const full = resolve(folder, path);
  if (!(await stat(full)).isDirectory()) {
    return { kind: "file", name: basename(full), open: () => createReadStream(full) };
  }
  const entries = await readdir(full, { withFileTypes: true, recursive: true });
  const relative = (entry: { parentPath: string; name: string }): string =>
    join(entry.parentPath, entry.name).slice(full.length).split(sep).filter(Boolean).join("/");
  const files = entries.filter((entry) => !entry.isDirectory());
  return {
    kind: "tree",
    // As with cp and rsync: `folder` is copied itself, `folder/` is what it holds.
    name: /[/\\]$/.test(path) ? undefined : basename(full),
    folders: entries
      .filter((entry) => entry.isDirectory())
      .map(relative)
      .sort(),
    files: files.map((entry) => ({
      path: relative(entry),
      open: () => createReadStream(join(entry.parentPath, entry.name)),
    })),
  };
}

async function readAssets(assets: { [name: string]: Value | undefined }, folder: string): Promise<Source> {
  const folders: string[] = [];
  const files: SourceFile[] = [];
  for (const [name, value] of Object.entries(assets)) {
    const inner = await readSource(value, folder);
    if (inner.kind === "file") files.push({ path: name, open: inner.open });
    else {
      folders.push(name, ...inner.folders.map((each) => posix.join(name, each)));
      files.push(...inner.files.map((file) => ({ ...file, path: posix.join(name, file.path) })));
    }
  }
  return { kind: "tree", name: undefined, folders, files };
}

async function download(uri: string): Promise<Readable> {
  const response = await fetch(uri);
  if (!response.ok || response.body === null) throw new Error(`${uri}: status ${response.status}`);
  return Readable.fromWeb(response.body as ReadableStream);
}
