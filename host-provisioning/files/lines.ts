/** A run of lines that both texts have, or that stands in the place of another one. Positions are from 0. */
export interface Hunk {
  kind: "same" | "changed";
  before: string[];
  after: string[];
}

/**
 * The longest common lines of two texts as hunks in order, `same` and `changed` in turn. Pure.
 * Beyond 2,000 differing lines a side it tells one change in the middle: the table of lengths would be too large.
 */
export function compareLines(before: readonly string[], after: readonly string[]): Hunk[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const start = before.slice(0, head);
  const end = before.slice(before.length - tail);
  return join([
    { kind: "same", before: start, after: start },
    ...(a.length > 2000 || b.length > 2000
      ? [{ kind: "changed", before: a, after: b } as const]
      : compareMiddle(a, b)),
    { kind: "same", before: end, after: end },
  ]);
}

function compareMiddle(a: readonly string[], b: readonly string[]): Hunk[] {
  const width = b.length + 1;
  /** At `i * width + j`: how many lines the rests from i and j have in common. */
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const hunks: Hunk[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      hunks.push({ kind: "same", before: [left], after: [left] });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      hunks.push({ kind: "changed", before: [left], after: [] });
      i += 1;
    } else {
      hunks.push({ kind: "changed", before: [], after: [right as string] });
      j += 1;
    }
  }
  return hunks;
}

/** Neighbours of one kind become one; empty ones go. */
function join(hunks: readonly Hunk[]): Hunk[] {
  const joined: Hunk[] = [];
  for (const { kind, before, after } of hunks) {
    if (before.length === 0 && after.length === 0) continue;
    const last = joined.at(-1);
    if (last?.kind === kind) {
      last.before.push(...before);
      last.after.push(...after);
    } else joined.push({ kind, before: [...before], after: [...after] });
  }
  return joined;
}

/**
 * A difference as `diff -u` writes it, with three lines around each change; empty when there is none. Pure.
 * @param before null: there was no such file.
 */
export function unifiedDiff(path: string, before: string | null, after: string | null): string {
  if (before === after) return "";
  const around = 3;
  const hunks = compareLines(linesOf(before), linesOf(after));
  const rows = hunks.flatMap(({ kind, before, after }) =>
    kind === "same" ? signed(" ", before) : [...signed("-", before), ...signed("+", after)],
  );
  const shown = rows.map((_, at) =>
    rows.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== " "),
  );
  const out = [`--- ${before === null ? "/dev/null" : path}`, `+++ ${after === null ? "/dev/null" : path}`];
  const at = { before: 1, after: 1 };
  for (let row = 0; row < rows.length; ) {
    let end = row;
    while (end < rows.length && shown[end] === shown[row]) end += 1;
    const part = rows.slice(row, end);
    const count = (sign: "-" | "+") => part.filter((each) => each.sign === " " || each.sign === sign).length;
    const [less, more] = [count("-"), count("+")];
    if (shown[row]) {
      const from = (line: number, lines: number) => `${lines === 0 ? line - 1 : line},${lines}`;
      out.push(`@@ -${from(at.before, less)} +${from(at.after, more)} @@`);
      out.push(...part.map(({ sign, line }) => `${sign}${line}`));
    }
    at.before += less;
    at.after += more;
    row = end;
  }
  return `${out.join("\n")}\n`;
}

interface Row {
  sign: " " | "-" | "+";
  line: string;
}

function signed(sign: Row["sign"], lines: readonly string[]): Row[] {
  return lines.map((line) => ({ sign, line }));
}

function linesOf(text: string | null): string[] {
  if (text === null || text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
