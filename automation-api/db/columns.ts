// Types of columns, as the driver reads and takes them.

import type { ColumnType } from "kysely";

export type Time = ColumnType<Date, Date | string, Date | string>;
export type CreatedAt = ColumnType<Date, Date | string | undefined, Date | string>;
/** bigint comes as text from the driver, since it may exceed 2^53. */
export type BigNumber = ColumnType<string, string | number | bigint, string | number | bigint>;
/** Read as a value, written as JSON text (so that an array is never taken for a PostgreSQL array). */
// biome-ignore lint/suspicious/noExplicitAny: each noun's queries.ts gives the shape.
export type Json = ColumnType<any, string | undefined, string>;
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type JsonOrNull = ColumnType<any, string | null | undefined, string | null>;
