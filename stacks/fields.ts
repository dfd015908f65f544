import { z } from "zod";
import { isRegion, regionOfZone } from "../components/regions.ts";

/** A whole number; Pulumi's configuration holds it as a text, the API may get it as a number. */
export function wholeNumber(low: number, high: number) {
  const digits = z
    .string()
    .regex(/^-?\d+$/, "must be a whole number")
    .transform(Number);
  return z.union([z.number(), digits], "must be a whole number").pipe(z.number().int().min(low).max(high));
}

/** A list or an object; Pulumi's configuration holds it as JSON, the API may get it as it is. */
export function structured<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (typeof value === "string" ? parsedOr(value) : value), schema);
}

/** A text that is no JSON stays what it is, so that the schema says what is wrong with it. */
function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A field of which the value is always kept as a secret. */
export function secretText(schema = z.string().min(1)) {
  return schema.meta({ secret: true });
}

export function isSecretField(field: z.ZodType): boolean {
  for (let inner: z.ZodType = field; ; ) {
    if (inner.meta()?.secret === true) return true;
    if (!(inner instanceof z.ZodOptional)) return false;
    inner = inner.unwrap() as z.ZodType;
  }
}

/** A text of that form. A missing one is refused with the same words. */
export function text(form: RegExp, allowed: string) {
  return z.string(`must be ${allowed}`).regex(form, `must be ${allowed}`);
}

/** What a stack is for: a "dev" one is small and can be destroyed, a "production" one is kept and watched over. */
export const stage = z
  .enum(["dev", "production"], 'must be "dev" or "production"')
  .describe("Small and easily destroyed, or kept: sizes, spare parts and protections follow from it.");
export type Stage = z.infer<typeof stage>;

/** Who is told of trouble. There is no default: silence is a decision. */
export const alarms = structured(
  z.union(
    [z.literal("none"), z.array(z.email("must be an email address")).min(1)],
    'must be "none" or a list of email addresses that are told of trouble',
  ),
).describe("Email addresses that are told of trouble, or none.");
export type Alarms = z.infer<typeof alarms>;

export const domain = text(
  /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  "a domain in small letters, such as www.example.com",
).describe("Name that it is reached by, such as www.example.com.");

/** An image by digest: what was tested is what runs. */
export const image = text(
  /^[^\s@]+@sha256:[0-9a-f]{64}$/,
  "an image by digest, such as registry.example.com/shop@sha256:…",
);

export const accountId = text(/^\d{12}$/, "an account number of 12 digits").describe("AWS account number.");

export const region = z
  .string("must be a region of AWS, such as eu-west-1")
  .refine(isRegion, "must be a region of AWS, such as eu-west-1")
  .describe("Region of AWS, such as eu-west-1.");

export const hostedZoneId = text(
  /^Z[A-Z0-9]{1,31}$/,
  "the id of a Route 53 zone, such as Z0123456789",
).describe("Route 53 zone of the domain: records are made in it and certificates proven.");

/** Zones of one region, at least two, so that one may fail. */
export const zones = structured(
  z
    .array(z.string(), "must be a list of zones, such as eu-west-1a and eu-west-1b")
    .min(2, "must be at least two zones, so that one may fail")
    .refine((names) => names.every(regionOfZone), "must be names of zones, such as eu-west-1a")
    .refine((names) => new Set(names.map(regionOfZone)).size <= 1, "must be zones of one region")
    .refine((names) => new Set(names).size === names.length, "must not name a zone twice"),
).describe("Zones by name, two or more of one region, such as eu-west-1a and eu-west-1b.");

export const azureRegion = text(/^[a-z]+[0-9]?$/, "a region of Azure, such as westeurope").describe(
  "Region of Azure, such as westeurope.",
);

export const storageAccountName = text(
  /^[a-z0-9]{3,24}$/,
  "3 to 24 small letters and digits, unique in the world",
).describe("Name of the storage account, unique in the world.");

export const azureDnsZoneId = text(
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/dns[zZ]ones\/[^/]+$/,
  "the resource id of a DNS zone: /subscriptions/…/resourceGroups/…/providers/Microsoft.Network/dnsZones/…",
).describe("Resource id of the Azure DNS zone of the domain.");
