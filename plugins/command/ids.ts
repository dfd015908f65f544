import { randomBytes } from "node:crypto";

/** A new id: 8 random hexadecimal digits behind a prefix. */
export function makeId(prefix = ""): string {
  return prefix + randomBytes(4).toString("hex");
}
