import type { Fault } from "../faults.ts";

/** Fault of an image that may become another one: a pod that restarts must run what was tested. */
export function checkDigest(field: string, image: string): Fault[] {
  return /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(image)
    ? []
    : [{ field, value: image, allowed: "an image with its digest: …@sha256: and 64 hexadecimal digits" }];
}
