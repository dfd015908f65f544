/** Key by which Pulumi marks special objects, and the marks of secrets. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
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
