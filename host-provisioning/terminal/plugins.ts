import { createHash } from "node:crypto";

/** One file of a plugin, as it is at the commit. */
export interface PinnedFile {
  /** In the plugin's repository. */
  path: string;
  bytes: number;
  sha256: string;
  /**
   * What is put in place of parts that look for the plugin's own files, which a flattened configuration has not.
   * Each part is there exactly once.
   */
  edits?: readonly { find: string; put: string }[];
}

/** A plugin at one commit: what is used is what was looked at. */
export interface PinnedPlugin {
  name: string;
  summary: string;
  version: string;
  repository: string;
  /** Full id of the commit. */
  commit: string;
  /** SPDX identifier. */
  licence: string;
  /** In the order in which they are put into the configuration. */
  files: readonly PinnedFile[];
  /** What of our own its edits call: a file of zsh/. */
  support?: "suggest";
  /**
   * The function by which it wraps the line editor's widgets, called when all plugins are loaded, and the parameters
   * that it leaves behind. What was wrapped is kept for the next shells (zsh/wrap.zsh).
   */
  wrap?: { function: string; parameters: readonly string[] };
  /**
   * Processor milliseconds that it adds up to the first command, and at each key: from `npm run bench -- terminal`
   * as docs/benchmarks.md tells it, on a busy machine, so upper bounds.
   */
  cost: { firstCommandMs: number; keyMs: number };
  /** Plugins that must come before it when both are used. */
  after?: readonly string[];
}

export type PluginFault =
  | { kind: "missing"; plugin: string; path: string; sha256: string }
  | { kind: "size"; plugin: string; path: string; bytes: number; allowed: number }
  | { kind: "edit"; plugin: string; path: string; find: string };

/** Texts of files by their SHA-256 in hex: a text that is another one has another name. */
export type Sources = ReadonlyMap<string, string>;

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Names texts by what they are. */
export function sourcesOf(texts: Iterable<string>): Sources {
  return new Map(Array.from(texts, (text) => [sha256(text), text]));
}

/** Those before which another must come are moved behind it; else the order given holds. */
export function inOrder(plugins: readonly PinnedPlugin[]): PinnedPlugin[] {
  const done: PinnedPlugin[] = [];
  const add = (plugin: PinnedPlugin, waiting: readonly string[]) => {
    if (done.includes(plugin) || waiting.includes(plugin.name)) return;
    for (const name of plugin.after ?? []) {
      const first = plugins.find((other) => other.name === name);
      if (first) add(first, [...waiting, plugin.name]);
    }
    done.push(plugin);
  };
  for (const plugin of plugins) add(plugin, []);
  return done;
}

/**
 * The plugin as one text, each file verified against its pin. Pure.
 * @returns faults when a file is missing, or an edit does not fit.
 */
export function flatten(
  plugin: PinnedPlugin,
  sources: Sources,
): { text: string; faults: [] } | { text?: undefined; faults: [PluginFault, ...PluginFault[]] } {
  const faults: PluginFault[] = [];
  const parts = plugin.files.map((file) => {
    const { path, bytes, edits = [] } = file;
    const found = sources.get(file.sha256);
    if (found === undefined || sha256(found) !== file.sha256) {
      faults.push({ kind: "missing", plugin: plugin.name, path, sha256: file.sha256 });
      return "";
    }
    const size = Buffer.byteLength(found);
    if (size !== bytes) faults.push({ kind: "size", plugin: plugin.name, path, bytes: size, allowed: bytes });
    let text = found;
    for (const { find, put } of edits) {
      if (text.split(find).length !== 2) faults.push({ kind: "edit", plugin: plugin.name, path, find });
      text = text.replace(find, () => put);
    }
    return text.endsWith("\n") ? text : `${text}\n`;
  });
  const [first, ...others] = faults;
  return first ? { faults: [first, ...others] } : { text: parts.join(""), faults: [] };
}
