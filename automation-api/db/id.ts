import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** Prefixes of the ids that the API shows. */
export type IdPrefix =
  | "org"
  | "acc"
  | "tok"
  | "prj"
  | "stk"
  | "dep"
  | "prg"
  | "crd"
  | "wrk"
  | "req"
  | "hst"
  | "rst"
  | "act"
  | "hgr"
  | "scn"
  | "tpl"
  | "ses"
  | "bat"
  | "mig"
  | "env";

/**
 * An id such as `dep_01jd…`: 48 bits of milliseconds, so that ids sort by
 * creation, and 80 random bits, so that none can be guessed (ULID, in lower case).
 */
export function newId(prefix: IdPrefix, now = Date.now()): string {
  let text = "";
  let rest = now;
  for (let digit = 0; digit < 10; digit++) {
    text = alphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  for (const byte of randomBytes(16)) text += alphabet[byte & 31];
  return `${prefix}_${text}`;
}
