import type { AuditRow } from "./contract.ts";

const columns = [
  "id",
  "sequence",
  "at",
  "actor",
  "actorId",
  "action",
  "object",
  "phase",
  "result",
  "requestId",
  "detail",
  "hash",
] as const satisfies (keyof AuditRow)[];

export const csvHeader = `${columns.join(",")}\r\n`;

/** One line of RFC 4180. */
export function csvLine(row: AuditRow): string {
  const cells = columns.map((column) => {
    const value = row[column];
    return csvCell(typeof value === "object" && value !== null ? JSON.stringify(value) : (value ?? ""));
  });
  return `${cells.join(",")}\r\n`;
}

/** A spreadsheet takes a cell that begins with one of these for a formula. */
const formula = /^[=+\-@\t\r]/;

function csvCell(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
