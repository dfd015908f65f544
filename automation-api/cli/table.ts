export interface Column<T> {
  title: string;
  value: (row: T) => string | number | null | undefined;
  /** Numbers stand right. */
  right?: boolean;
  /** The one column that gives way when the table is wider than the terminal. */
  flexible?: boolean;
}

const gap = "  ";
const narrowest = 12;

/**
 * Rows as aligned text with a head. Control characters never reach the terminal.
 * @param width of the terminal; undefined: as wide as needed.
 */
export function renderTable<T>(rows: readonly T[], columns: readonly Column<T>[], width?: number): string {
  const cells = rows.map((row) => columns.map(({ value }) => printable(String(value(row) ?? "-") || "-")));
  const widths = columns.map(({ title }, at) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[at] as string))),
  );
  shrink(widths, columns, width);
  const line = (texts: string[]) =>
    texts
      .map((text, at) => fitWidth(text, widths[at] as number, columns[at]?.right === true))
      .join(gap)
      .trimEnd();
  return [columns.map(({ title }) => title), ...cells].map((row) => `${line(row)}\n`).join("");
}

/** A table, or a sentence where there is nothing to list. @param what is listed, in the plural */
export function renderList<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  what: string,
  width?: number,
): string {
  return rows.length > 0 ? renderTable(rows, columns, width) : `There are no ${what} here.\n`;
}

/** Name and value, one below the other. */
export function renderFields(
  fields: readonly (readonly [string, string | number | null | undefined])[],
): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => `${name.padEnd(width)}${gap}${printable(String(value ?? "-"), true)}\n`)
    .join("");
}

function shrink<T>(widths: number[], columns: readonly Column<T>[], width: number | undefined): void {
  const at = columns.findIndex(({ flexible }) => flexible);
  if (width === undefined || at < 0) return;
  const total = widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1);
  if (total > width) widths[at] = Math.max(narrowest, (widths[at] as number) - (total - width));
}

/** Cut or filled to a width. */
export function fitWidth(text: string, width: number, right = false): string {
  const shown = displayWidth(text) > width ? `${cut(text, width - 1)}…` : text;
  const space = " ".repeat(Math.max(0, width - displayWidth(shown)));
  return right ? space + shown : shown + space;
}

function cut(text: string, width: number): string {
  let result = "";
  let used = 0;
  for (const character of text) {
    used += displayWidth(character);
    if (used > width) break;
    result += character;
  }
  return result;
}

/** Columns that a text takes: East Asian wide characters and pictures take two, marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\u200d|\ufe0f/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

/** Without what a terminal would obey. */
export function printable(text: string, keepLines = false): string {
  return keepLines ? text.replaceAll(/[^\P{Cc}\n\t]/gu, "") : text.replaceAll(/\p{Cc}+/gu, " ");
}
