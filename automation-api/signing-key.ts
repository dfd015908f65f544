import { createHash, createPrivateKey, createPublicKey, hkdfSync, sign, verify } from "node:crypto";

/** Signs what leaves the platform and comes back. */
export interface SigningKey {
  /** Of the public key: 16 hexadecimal digits. */
  id: string;
  sign(bytes: Buffer): Buffer;
  verify(bytes: Buffer, signature: Buffer): boolean;
}

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. @see https://www.rfc-editor.org/rfc/rfc8410 */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * An Ed25519 key of this installation, made from the master key: all its replicas have it, and a restored backup too.
 * @param purpose what it signs; each purpose has a key of its own.
 */
export function signingKeyOf(masterKey: Buffer, purpose: string): SigningKey {
  const seed = Buffer.from(hkdfSync("sha256", masterKey, Buffer.alloc(0), `roost/sign/${purpose}`, 32));
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key);
  const der = publicKey.export({ type: "spki", format: "der" });
  return {
    id: createHash("sha256").update(der).digest("hex").slice(0, 16),
    sign: (bytes) => sign(null, bytes, key),
    verify: (bytes, signature) => verify(null, bytes, publicKey, signature),
  };
}
