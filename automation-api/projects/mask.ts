import { outputSignature, secretSignature, signatureKey } from "../engine-marks.ts";

/** What the engine writes into events in place of a secret's ciphertext. */
const blinded = "[secret]";

/** What a reply shows in place of a secret. */
const maskedSecret = { secret: true } as const;

/** A copy of a value of a stack's state or events in which every secret is `{"secret": true}`. Pure. */
export function mask(value: unknown): unknown {
  if (value === blinded) return maskedSecret;
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  if (isSecret(object)) return maskedSecret;
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, mask(inner)]));
}

/** `mask` of outputs, which may be missing. */
export function maskOutputs(outputs: unknown): Record<string, unknown> {
  return (mask(outputs ?? {}) ?? {}) as Record<string, unknown>;
}

function isSecret(object: Record<string, unknown>): boolean {
  const signature = object[signatureKey];
  return signature === secretSignature || (signature === outputSignature && object.secret === true);
}
