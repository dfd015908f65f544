/** A word of a shell line. `isPlain` is false where the shell would put something else in its place. */
export interface Word {
  text: string;
  isPlain: boolean;
}

/** A simple command, with the line that it begins at (from 1). */
export interface Statement {
  line: number;
  words: Word[];
  /** What it opened by `<<`, line by line. */
  here?: string[];
  /** Levels of `if`, `for`, `{` and the like around it; what is in them may not come to pass. */
  depth: number;
}

const opening = new Set(["if", "for", "while", "until", "case", "select", "repeat", "{", "function"]);
/** Words before the first command of a branch. */
const leading = new Set(["then", "else", "do"]);
const closing = new Set(["fi", "done", "esac", "}"]);

/**
 * The commands of a shell file that are plain to read: assignments, aliases, calls with words. Nothing is run and
 * nothing expanded; what needs a shell to be known is marked so. Pure.
 */
export function readStatements(text: string): Statement[] {
  const statements: Statement[] = [];
  let [at, line, depth] = [0, 1, 0];
  let words: Word[] = [];
  let from = 1;
  /** Depth of `name=( … )`, within which a line's end is a blank. */
  let brackets = 0;
  let ending: string | undefined;
  /** The command stands behind `&&` or `||`. */
  let isChained = false;

  const next = (count = 1) => {
    for (const character of text.slice(at, at + count)) if (character === "\n") line += 1;
    at += count;
  };
  const end = () => {
    if (leading.has(words[0]?.text ?? "")) words.shift();
    const first = words[0]?.text ?? "";
    if (closing.has(first)) depth = Math.max(0, depth - 1);
    if (words.length > 0) statements.push({ line: from, words, depth: depth + (isChained ? 1 : 0) });
    if (opening.has(first) || words.at(-1)?.text === "{") depth += 1;
    words = [];
    isChained = false;
  };
  const hereDocument = (mark: string) => {
    const body: string[] = [];
    while (at < text.length) {
      const stop = text.indexOf("\n", at);
      const row = text.slice(at, stop < 0 ? text.length : stop);
      next(row.length + 1);
      if (row.trim() === mark) break;
      body.push(row);
    }
    return body;
  };
  const word = () => {
    let made = "";
    let isPlain = true;
    let isStart = true;
    while (at < text.length) {
      const character = text[at] ?? "";
      if (character === "'") {
        const close = text.indexOf("'", at + 1);
        made += text.slice(at + 1, close < 0 ? text.length : close);
        next((close < 0 ? text.length : close + 1) - at);
      } else if (character === '"') {
        next();
        while (at < text.length && text[at] !== '"') {
          if (text[at] === "\\" && '"\\$`\n'.includes(text[at + 1] ?? "x")) next();
          else if ("$`".includes(text[at] ?? "")) isPlain = false;
          made += text[at] ?? "";
          next();
        }
        next();
      } else if (character === "\\") {
        if (text[at + 1] !== "\n") made += text[at + 1] ?? "";
        next(2);
      } else if (/[\s;&|()]/.test(character) || (isStart && character === "#")) {
        break;
      } else {
        if (/[$`*?[<>]/.test(character) || (isStart && character === "~")) isPlain = false;
        made += character;
        next();
      }
      isStart = false;
    }
    return { text: made, isPlain };
  };

  while (at < text.length) {
    const character = text[at] ?? "";
    if (character === "\n" && brackets === 0) {
      const statement = words.length > 0 && ending !== undefined;
      end();
      next();
      const last = statements.at(-1);
      if (statement && last && ending !== undefined) last.here = hereDocument(ending);
      ending = undefined;
    } else if (/\s/.test(character)) next();
    else if (text.startsWith("\\\n", at)) next(2);
    else if (character === "#") {
      const stop = text.indexOf("\n", at);
      next((stop < 0 ? text.length : stop) - at);
    } else if (character === "(" && words.at(-1)?.text.endsWith("=")) {
      brackets += 1;
      next();
    } else if (character === ")" && brackets > 0) {
      brackets -= 1;
      next();
    } else if (text.startsWith("&&", at) || text.startsWith("||", at)) {
      end();
      isChained = true;
      next(2);
    } else if (/[;&|()]/.test(character)) {
      end();
      next();
    } else if (text.startsWith("<<", at) && text[at + 2] !== "<") {
      next(text[at + 2] === "-" ? 3 : 2);
      ending = word().text;
    } else {
      if (words.length === 0) from = line;
      const before = at;
      words.push(word());
      // A mark that no word begins with, such as a closing quote that is missing.
      if (at === before) next();
    }
  }
  end();
  return statements;
}
