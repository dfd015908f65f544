/**
 * A glob as a regular expression on paths with `/`: `*` and `?` stop at `/`, `**` does not, `{a,b}` are
 * alternatives, `[a-z]` and `[!a-z]` are sets, a backslash takes the next character as it is.
 */
export function globToRegExp(glob: string): RegExp {
  let source = "";
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === "*") {
      const deep = glob.charAt(at + 1) === "*";
      while (glob.charAt(at + 1) === "*") at++;
      source += deep ? ".*" : "[^/]*";
    } else if (character === "?") source += "[^/]";
    else if (character === "[") {
      const end = glob.indexOf("]", at + 1);
      if (end < 0) throw new Error(`the glob ${glob} has a [ without ]`);
      const set = glob.slice(at + 1, end).replaceAll("\\", "\\\\");
      source += set.startsWith("!") ? `[^${set.slice(1)}]` : `[${set}]`;
      at = end;
    } else if (character === "{") {
      source += "(?:";
      depth++;
    } else if (character === "}" && depth > 0) {
      source += ")";
      depth--;
    } else if (character === "," && depth > 0) source += "|";
    else source += quoted(character === "\\" && at + 1 < glob.length ? glob.charAt(++at) : character);
  }
  if (depth > 0) throw new Error(`the glob ${glob} has a { without }`);
  return new RegExp(`^${source}$`, "s");
}

/** The paths that the globs take, in order: a glob that starts with `!` takes out what earlier ones took in. */
export function selectPaths(paths: readonly string[], globs: readonly string[]): string[] {
  const rules = globs.map((glob) => ({
    include: !glob.startsWith("!"),
    pattern: globToRegExp(glob.replace(/^!/, "")),
  }));
  return paths.filter((path) => rules.findLast(({ pattern }) => pattern.test(path))?.include ?? false);
}

function quoted(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
