/** A plain JSON value: what planners render documents from. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A document as text that people can read and compare. Ends with a line break. */
export function jsonText(document: Json): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
