/** Nothing that is read here is longer; what is longer would only cost time. */
const longestLine = 64 * 1024;

/** What quick.sh printed, by section and by file. Nothing here throws, whatever was printed. */
export class Probe {
  /** False: the output was cut, or something else wrote into it. */
  readonly isWhole: boolean;
  readonly #sections = new Map<string, string[]>();
  readonly #files = new Map<string, string[]>();

  constructor(output: string, mark: string) {
    const opening = `== ${mark} `;
    let current: string[] = [];
    for (const line of output.split("\n")) {
      if (!line.startsWith(opening)) {
        current.push(line);
        continue;
      }
      const name = line.slice(opening.length);
      current = this.#sections.get(name) ?? [];
      this.#sections.set(name, current);
    }
    this.isWhole = this.#sections.has("end") && this.#sections.has("self");
    for (const line of this.section("files")) this.#addLine(line);
  }

  /** Lines of a section as they came. */
  section(name: string): string[] {
    return this.#sections.get(name) ?? [];
  }

  lines(path: string): string[] {
    return this.#files.get(path) ?? [];
  }

  /** First line of a file without blanks around it; null: not there, not readable or empty. */
  text(path: string): string | null {
    return this.lines(path)[0]?.trim() || null;
  }

  number(path: string): number | null {
    return toNumber(this.text(path));
  }

  /**
   * Files whose path matches, by what the first group of the pattern caught: the name of the thing.
   * Each thing's files are named by the second group.
   */
  things(pattern: RegExp): Map<string, Map<string, string[]>> {
    const found = new Map<string, Map<string, string[]>>();
    for (const [path, lines] of this.#files) {
      const [, name, leaf = ""] = pattern.exec(path) ?? [];
      if (name === undefined) continue;
      const thing = found.get(name) ?? new Map<string, string[]>();
      found.set(name, thing.set(leaf, lines));
    }
    return found;
  }

  /** Lines `key: value` or `key = value` of a file. */
  pairs(path: string, separator: ":" | "=" = ":"): Map<string, string> {
    return toPairs(this.lines(path), separator);
  }

  #addLine(line: string): void {
    if (line.length > longestLine) return;
    const [, path, rest] = withColons.exec(line) ?? plainPath.exec(line) ?? [];
    if (path === undefined || rest === undefined) return;
    const known = this.#files.get(path);
    if (known) known.push(rest);
    else this.#files.set(path, [rest]);
  }
}

/** Addresses of PCI devices, and names of batteries and control groups, hold colons themselves. */
const withColons =
  /^(\/sys\/(?:bus\/pci\/devices|class\/power_supply)\/[^/]+\/\w+|\/sys\/fs\/cgroup\/.*?\/(?:cpu\.max|cpuset\.cpus\.effective|(?:memory|pids)\.(?:max|high|swap\.max|limit_in_bytes)|cpu\.cfs_(?:quota|period)_us)):(.*)$/s;
const plainPath = /^(\/[^:]*):(.*)$/s;

export function toPairs(lines: string[], separator: ":" | "="): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(separator);
    if (at > 0) pairs.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return pairs;
}

/** Null for what is no finite number. */
export function toNumber(text: string | null | undefined): number | null {
  return text && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

/** `1024 kB`, `32K`, `8 MB` as bytes. */
export function toBytes(text: string | null | undefined): number | null {
  const [, digits, unit = ""] = /^(\d+)\s*([kKMG]?)B?$/.exec(text ?? "") ?? [];
  const power = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[unit.toUpperCase()];
  return digits === undefined || power === undefined ? null : Number(digits) * power;
}

/** An object of what has a name; a thing called `__proto__` is one too. */
export function record<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** `0-3,8` as the number of members; null: not such a list. */
export function countOfList(text: string | null): number | null {
  if (text === null || !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return null;
  return text.split(",").reduce((sum, part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return sum + Math.max(0, to - from + 1);
  }, 0);
}
