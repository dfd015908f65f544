import { z } from "zod";
import { invalid } from "../errors.ts";

/** Query of every list: `limit` 1 to 200, default 50, and the `nextCursor` of the page before. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("Items per page."),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,400}$/, "expected the nextCursor of the page before")
    .optional()
    .describe("nextCursor of the page before."),
});

/** `{items, nextCursor}`; `nextCursor` is null on the last page. */
export function pageReply<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/**
 * Makes a page of `rows`, which the query asked one more of than `limit`:
 * that one tells that there is a next page.
 * @param keyOf the sort key of a row, such as its id.
 */
export function pageOf<R, T>(
  rows: R[],
  limit: number,
  keyOf: (row: R) => string,
  view: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(view),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null,
  };
}

export function encodeCursor(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}

/**
 * The sort key in a cursor, or undefined without one.
 * @param form what the key must look like.
 * @throws invalid when it is no cursor of ours.
 */
export function decodeCursor(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  if (!form.test(key)) throw invalid("query.cursor", "is not the nextCursor of a page of this list");
  return key;
}
