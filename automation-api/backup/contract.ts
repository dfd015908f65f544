import { z } from "zod";

/** A file of the data folder that goes with the database: keys, signed heads of the audit trail. */
export const keptFile = z.strictObject({
  /** Path below the data folder. */
  path: z
    .string()
    .regex(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/,
      "expected a path below the data folder",
    ),
  content: z.base64(),
});
export type KeptFile = z.output<typeof keptFile>;

/** What cannot be had again without the backup, and opens what is in it. */
export const keys = z.strictObject({
  kind: z.literal("keys"),
  /** 32 bytes in base64; null: the backup was made without it. */
  masterKey: z.base64().nullable(),
  files: z.array(keptFile),
});
export type Keys = z.output<typeof keys>;

const identifier = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);

/** First record: what follows, in this order. */
export const manifest = z.strictObject({
  kind: z.literal("manifest"),
  createdAt: z.iso.datetime(),
  /** Migrations that the database had, in order. */
  migrations: z.array(z.string()).min(1),
  tables: z.array(z.strictObject({ name: identifier, columns: z.array(identifier).min(1) })),
  /** Last value of each sequence; null: never drawn from. */
  sequences: z.array(
    z.strictObject({
      name: identifier,
      value: z
        .string()
        .regex(/^-?\d+$/)
        .nullable(),
    }),
  ),
});
export type Manifest = z.output<typeof manifest>;
export type TableShape = Manifest["tables"][number];

/** After the rows of each table. */
export const tableEnd = z.strictObject({ kind: z.literal("end"), table: identifier, rows: z.number().int() });

/** Told while a backup is written or read. */
export interface Progress {
  /** Table that is at work. */
  table: string;
  /** Tables that are done, and how many there are. */
  done: number;
  of: number;
  rows: number;
}
