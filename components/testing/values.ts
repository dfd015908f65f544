import { runtime } from "@pulumi/pulumi";
import type { Json } from "./graph.ts";

/** A value in Pulumi's wire form as a plain one: secrets hidden, resources by URN, keys sorted. */
export function plain(value: unknown): Json {
  if (value === runtime.unknownValue) return "[unknown]";
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return (value ?? null) as Json;
  const fields = value as Record<string, unknown>;
  switch (fields[runtime.specialSigKey]) {
    case runtime.specialSecretSig:
      return "[secret]";
    case runtime.specialResourceSig:
      return plain(fields.urn);
    case runtime.specialAssetSig:
    case runtime.specialArchiveSig:
      return plain(
        Object.fromEntries(Object.entries(fields).filter(([key]) => key !== runtime.specialSigKey)),
      );
    default:
      return Object.fromEntries(
        Object.keys(fields)
          .sort()
          .filter((key) => fields[key] !== undefined)
          .map((key) => [key, plain(fields[key])]),
      );
  }
}
