import { z } from "zod";

/** A whole number; Pulumi's configuration holds it as a text, the API may get it as a number. */
export function wholeNumber(low: number, high: number) {
  const digits = z
    .string()
    .regex(/^-?\d+$/, "must be a whole number")
    .transform(Number);
  return z.union([z.number(), digits], "must be a whole number").pipe(z.number().int().min(low).max(high));
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
