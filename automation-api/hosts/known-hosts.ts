import { createHmac } from "node:crypto";
import { type PublicKey, publicKeyTypes, readPublicKey } from "../credentials/service.ts";
import { fits } from "./openssh-config.ts";

interface Entry {
  /** Patterns, or one hashed name. */
  names: string[];
  revoked: boolean;
  key: PublicKey;
}

/** The lines of a known_hosts file (sshd(8)) that can be read; authorities of certificates are left out. Pure. */
export function parseKnownHosts(text: string): Entry[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
    const [names = "", type, encoded] = words;
    if (names === "" || names.startsWith("#") || (marker && marker !== "@revoked")) return [];
    try {
      const key = readPublicKey(`${type} ${encoded}`, "knownHosts");
      // Names are compared in lower case, but not the base64 of a hashed one.
      const compared = names.startsWith("|") ? names : names.toLowerCase();
      return [{ names: compared.split(","), revoked: marker === "@revoked", key }];
    } catch {
      // A damaged line pins nothing: its host is then refused for want of a key.
      return [];
    }
  });
}

/**
 * The best key of a host that is not revoked.
 * @returns "revoked" when only revoked ones are known, undefined when none is. Pure.
 */
export function knownKey(entries: Entry[], address: string, port: number): PublicKey | "revoked" | undefined {
  const name = (port === 22 ? address : `[${address}]:${port}`).toLowerCase();
  const own = entries.filter(({ names }) => names.some((one) => isHashOf(one, name)) || fits(names, name));
  const revoked = new Set(own.filter((entry) => entry.revoked).map(({ key }) => key.line));
  const good = own.map(({ key }) => key).filter(({ line }) => !revoked.has(line));
  return bestFirst(good)[0] ?? (own.length > 0 ? "revoked" : undefined);
}

/** In the order in which we would pin them. Pure. */
export function bestFirst(keys: PublicKey[]): PublicKey[] {
  const rank = ({ type }: PublicKey): number => (publicKeyTypes as readonly string[]).indexOf(type);
  return keys.toSorted((a, b) => rank(a) - rank(b));
}

/** `|1|salt|HMAC-SHA1 of the name`, by which the file does not tell whom it knows. */
function isHashOf(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split("|");
  if (version !== "1" || !salt || !hash) return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}
