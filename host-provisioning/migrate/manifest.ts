import { z } from "zod";

/** What can be carried from one host to another, in the order in which it is put there. */
export const parts = ["sources", "packages", "users", "conffiles", "units", "crontabs"] as const;
export type Part = (typeof parts)[number];

/** Bytes of all files of an archive, and of one. */
export const contentLimits = { bytes: 4 * 1024 * 1024, fileBytes: 1024 * 1024, files: 2000 };

/** Where files of a part lie; whatever an archive says, no other path is touched. */
const places: Record<Exclude<Part, "packages" | "users">, RegExp> = {
  sources: /^\/(etc\/apt|usr\/share\/keyrings)\//,
  conffiles: /^\/etc\//,
  units: /^\/etc\/systemd\/system\//,
  crontabs: /^\/(etc\/cron(tab$|\.(d|hourly|daily|weekly|monthly)\/)|var\/spool\/cron\/crontabs\/)/,
};

const name = z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/i);
const owner = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/);
const field = z
  .string()
  .max(400)
  .regex(/^[^:\p{Cc}]*$/u);
const absolute = z
  .string()
  .max(1000)
  .regex(/^(\/[^/\p{Cc}]+)+$/u)
  .refine((path) => !path.split("/").some((each) => each === "." || each === ".."));
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]{1,127}$/);
const unitName = z.string().regex(/^[A-Za-z0-9:_.\\@-]{1,200}\.(service|socket|timer|path|mount|target)$/);

const file = z
  .strictObject({
    path: absolute,
    part: z.enum(["sources", "conffiles", "units", "crontabs"]),
    mode: z.string().regex(/^[0-7]{1,3}$/),
    owner,
    group: owner,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: z.int().min(0).max(contentLimits.fileBytes),
    package: packageName.nullable(),
  })
  .refine(({ path, part }) => places[part].test(path));
export type MigratedFile = z.output<typeof file>;

/** What an archive says of its host. */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  madeAt: z.iso.datetime(),
  host: z.strictObject({
    id: z.string().max(100),
    name: z.string().max(200),
    distribution: z.string().max(100),
    codename: z.string().max(100),
    architecture: z.string().max(50),
  }),
  packages: z
    .array(
      z.strictObject({
        name: packageName,
        architecture: z.string().max(50),
        version: z.string().regex(/^(?:\d{1,9}:)?\d[A-Za-z0-9.+~-]{0,127}$/),
        manual: z.boolean(),
        hold: z.boolean(),
      }),
    )
    .max(20_000),
  files: z.array(file).max(contentLimits.files),
  users: z
    .array(
      z.strictObject({
        name,
        uid: z.int().min(1000).max(59_999),
        group: name,
        comment: field,
        home: absolute,
        shell: absolute,
        groups: z.array(name).max(200),
      }),
    )
    .max(2000),
  groups: z.array(z.strictObject({ name, gid: z.int().min(0).max(4_294_967_294) })).max(5000),
  units: z
    .array(
      z.strictObject({
        name: unitName,
        state: z.enum(["enabled", "disabled", "masked"]),
        active: z.boolean(),
        package: packageName.nullable(),
      }),
    )
    .max(5000),
  /** Hashes by name, encrypted by the platform; null: there are none. */
  passwords: z.string().max(1_000_000).nullable(),
});
export type Manifest = z.output<typeof manifestSchema>;

/** Something that stayed behind, and why. */
export interface Left {
  what: string;
  reason: string;
}
