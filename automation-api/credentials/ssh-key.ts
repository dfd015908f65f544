import { createHash } from "node:crypto";
import { invalid } from "../errors.ts";

/** A public key: a machine's, or the public half of a login key. */
export interface PublicKey {
  /** Such as `ssh-ed25519`. */
  type: string;
  /** `type base64`, without the comment. */
  line: string;
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  fingerprint: string;
}

export const publicKeyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
] as const;

/**
 * Reads a line such as `ssh-ed25519 AAAA… comment`.
 * @param field named in the error.
 * @throws invalid when it is of another type or damaged.
 */
export function readPublicKey(line: string, field: string): PublicKey {
  const [type = "", encoded = ""] = line.trim().split(/\s+/);
  const bytes = Buffer.from(encoded, "base64");
  // The bytes begin with the type again: those of a cut or mistyped line do not, or do not encode to the same text.
  const whole = bytes.toString("base64").replace(/=+$/, "") === encoded.replace(/=+$/, "");
  if (!(publicKeyTypes as readonly string[]).includes(type) || !whole || !hasForm(bytes, type)) {
    throw invalid(field, "is not a public key", { allowed: "a line such as `ssh-ed25519 AAAA…`" });
  }
  return fromBytes(type, bytes);
}

/**
 * The public half of a private key in OpenSSH's form, where it stands in clear.
 * @throws invalid for another form, and for a key under a passphrase, which nobody would be there to type.
 */
export function readPrivateKey(text: string, field: string): PublicKey {
  const body =
    /^-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*$/.exec(
      text.trim(),
    );
  const bytes = Buffer.from(body?.[1] ?? "", "base64");
  const magic = "openssh-key-v1\0";
  if (bytes.subarray(0, magic.length).toString("latin1") !== magic) {
    throw invalid(field, "is not a private key of OpenSSH; `ssh-keygen -p -f FILE` rewrites older forms");
  }
  let at = magic.length;
  const next = (): Buffer => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    at += 4 + length;
    return bytes.subarray(at - length, at);
  };
  const cipher = next().toString("latin1");
  if (cipher !== "none") {
    throw invalid(
      field,
      "has a passphrase; store it without (`ssh-keygen -p -N '' -f FILE`): it is kept encrypted here",
    );
  }
  next();
  next();
  const keys = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
  at += 4;
  const key = next();
  const type = key.length > 4 ? key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1") : "";
  if (keys !== 1 || !(publicKeyTypes as readonly string[]).includes(type) || at >= bytes.length) {
    throw invalid(field, "is damaged, or of a type that is not supported", {
      allowed: publicKeyTypes.join(", "),
    });
  }
  return fromBytes(type, key);
}

function hasForm(bytes: Buffer, type: string): boolean {
  const start = 4 + type.length;
  if (bytes.length <= start + 4 || bytes.readUInt32BE(0) !== type.length) return false;
  if (bytes.subarray(4, start).toString("latin1") !== type) return false;
  // The rest is a row of counted strings that ends where the bytes end.
  let at = start;
  while (at + 4 <= bytes.length) at += 4 + bytes.readUInt32BE(at);
  return at === bytes.length;
}

function fromBytes(type: string, bytes: Buffer): PublicKey {
  const hash = createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "");
  return { type, line: `${type} ${bytes.toString("base64")}`, fingerprint: `SHA256:${hash}` };
}
