/**
 * Reads the text of an OpenSSH client configuration (ssh_config(5)) as far as an
 * inventory needs it, without touching the machine that it came from: nothing is
 * included, expanded from the environment, looked up or run.
 *
 *     file     = { line }
 *     line     = [ keyword ( blanks | [blanks] "=" [blanks] ) argument { blanks argument } ] [ comment ]
 *     argument = one or more of: characters other than blanks, quotes and "#"; or '"' … '"' (\" and \\ inside)
 *     comment  = "#" at the start of a line or after a blank
 *
 * `Host` and `Match` begin a section; what stands before the first belongs to every
 * host. A section of `Host` is for names that one of its patterns fits (`*`, `?`) and
 * none of its `!` patterns does. The first value of a keyword wins.
 */
export interface ConfigSetting {
  /** In lower case. */
  keyword: string;
  values: string[];
  /** The first is 1. */
  line: number;
}

export interface ConfigSection {
  kind: "all" | "host" | "match";
  patterns: string[];
  line: number;
  settings: ConfigSetting[];
}

export interface ParsedConfig {
  sections: ConfigSection[];
  /** Lines that are none. */
  faults: { line: number; message: string }[];
}

/** Pure. */
export function parseConfig(text: string): ParsedConfig {
  let section: ConfigSection = { kind: "all", patterns: [], line: 1, settings: [] };
  const sections = [section];
  const faults: ParsedConfig["faults"] = [];
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const words = splitLine(source);
    if (words === undefined) {
      faults.push({ line, message: "A quote is not closed." });
      continue;
    }
    const [keyword, ...values] = words;
    if (keyword === undefined) continue;
    const name = keyword.toLowerCase();
    if (values.length === 0) {
      faults.push({ line, message: `${keyword} has no value.` });
    } else if (name === "host" || name === "match") {
      section = { kind: name, patterns: values, line, settings: [] };
      sections.push(section);
    } else {
      section.settings.push({ keyword: name, values, line });
    }
  }
  return { sections, faults };
}

/** The settings that hold for `name`, by keyword; sections of `Match` take no part. Pure. */
export function settingsOf({ sections }: ParsedConfig, name: string): Map<string, ConfigSetting> {
  const found = new Map<string, ConfigSetting>();
  for (const section of sections) {
    if (section.kind === "match" || (section.kind === "host" && !fits(section.patterns, name))) continue;
    for (const setting of section.settings) {
      if (!found.has(setting.keyword)) found.set(setting.keyword, setting);
    }
  }
  return found;
}

/** Names that stand in a `Host` line without `*`, `?` or `!`, each once, with the line of the first. Pure. */
export function plainNames({ sections }: ParsedConfig): { name: string; line: number }[] {
  const lines = new Map<string, number>();
  for (const { kind, patterns, line } of sections) {
    if (kind !== "host") continue;
    for (const name of patterns.filter((pattern) => !/[*?!]/.test(pattern))) {
      if (!lines.has(name)) lines.set(name, line);
    }
  }
  return [...lines].map(([name, line]) => ({ name, line }));
}

/** Whether one pattern fits and no `!` pattern does, as OpenSSH says it. Pure. */
export function fits(patterns: string[], name: string): boolean {
  const denied = patterns.some((pattern) => pattern.startsWith("!") && fitsOne(pattern.slice(1), name));
  return !denied && patterns.some((pattern) => !pattern.startsWith("!") && fitsOne(pattern, name));
}

/** Linear in both texts for each `*`: a regular expression made from a stranger's pattern could take for ever. */
function fitsOne(pattern: string, name: string): boolean {
  let [at, inName, star, mark] = [0, 0, -1, 0];
  while (inName < name.length) {
    if (pattern[at] === "*") {
      star = at++;
      mark = inName;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[inName])) {
      at++;
      inName++;
    } else if (star >= 0) {
      at = star + 1;
      inName = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** Undefined when a quote is not closed. */
function splitLine(source: string): string[] | undefined {
  // "=" stands between the keyword and its first value only.
  const line = source.replace(/^(\s*[A-Za-z0-9]+)\s*=\s*/, "$1 ");
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] as string;
    if (quoted && letter === "\\" && (line[at + 1] === '"' || line[at + 1] === "\\"))
      word += line[++at] as string;
    else if (letter === '"') {
      quoted = !quoted;
      word ??= "";
    } else if (quoted) word += letter;
    else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === "#" && word === undefined) break;
    else word = (word ?? "") + letter;
  }
  if (quoted) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
