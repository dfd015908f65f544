import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { RoostError } from "../errors.ts";

/**
 * Layout of a ciphertext: mark (5 bytes), layout version (1), id of the master
 * key (8), nonce (12), tag (16), data. The first 14 bytes are authenticated.
 */
const mark = Buffer.from("roost\x01", "latin1");
const keyIdBytes = 8;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = mark.length + keyIdBytes;
const derivedKeyCacheSize = 1000;

export interface StackCipher {
  /** Encrypts for one stack with a key that no other stack has. */
  encrypt(stackId: string, plaintext: Buffer): Buffer;
  /** @throws invalid when the ciphertext is not this stack's, was changed, or its master key is not there. */
  decrypt(stackId: string, ciphertext: Buffer): Buffer;
}

/**
 * AES-256-GCM under HKDF-SHA256(master key, stack id): the stack's name plays
 * no part, so renaming keeps every secret readable.
 * @param masterKeys 32 random bytes each; the first encrypts, the others still decrypt after a rotation.
 */
export function createStackCipher(masterKeys: readonly [Buffer, ...Buffer[]]): StackCipher {
  const masters = new Map(masterKeys.map((key) => [masterKeyId(key).toString("hex"), key]));
  const currentId = masterKeyId(masterKeys[0]);
  const derived = new Map<string, Buffer>();

  const keyOf = (id: Buffer, stackId: string): Buffer | undefined => {
    const name = `${id.toString("hex")}/${stackId}`;
    const known = derived.get(name);
    if (known) return known;
    const master = masters.get(id.toString("hex"));
    if (!master) return undefined;
    const key = Buffer.from(hkdfSync("sha256", master, Buffer.alloc(0), `roost/stack/${stackId}`, 32));
    if (derived.size >= derivedKeyCacheSize) derived.clear();
    derived.set(name, key);
    return key;
  };

  return {
    encrypt(stackId, plaintext) {
      const header = Buffer.concat([mark, currentId]);
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", keyOf(currentId, stackId) as Buffer, nonce).setAAD(header);
      const data = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return Buffer.concat([header, nonce, cipher.getAuthTag(), data]);
    },
    decrypt(stackId, ciphertext) {
      if (!isOwnCiphertext(ciphertext)) throw undecryptable("It was not encrypted by this server.");
      const key = keyOf(ciphertext.subarray(mark.length, headerBytes), stackId);
      if (!key) throw undecryptable("Its master key is not among this server's keys.");
      const data = headerBytes + nonceBytes + tagBytes;
      const decipher = createDecipheriv(
        "aes-256-gcm",
        key,
        ciphertext.subarray(headerBytes, headerBytes + nonceBytes),
        {
          authTagLength: tagBytes,
        },
      );
      decipher.setAAD(ciphertext.subarray(0, headerBytes));
      decipher.setAuthTag(ciphertext.subarray(headerBytes + nonceBytes, data));
      try {
        return Buffer.concat([decipher.update(ciphertext.subarray(data)), decipher.final()]);
      } catch (cause) {
        throw undecryptable("It belongs to another stack, or it was changed.", cause);
      }
    },
  };
}

/** Whether a ciphertext has this server's layout, whichever stack it belongs to. */
export function isOwnCiphertext(ciphertext: Buffer): boolean {
  return (
    ciphertext.length >= headerBytes + nonceBytes + tagBytes &&
    ciphertext.subarray(0, mark.length).equals(mark)
  );
}

function masterKeyId(key: Buffer): Buffer {
  if (key.length !== 32) throw new RoostError("internal", "A master key must have 32 bytes.");
  return createHash("sha256").update("roost/master-key-id").update(key).digest().subarray(0, keyIdBytes);
}

function undecryptable(why: string, cause?: unknown): RoostError {
  return new RoostError("invalid", `The ciphertext cannot be decrypted. ${why}`, { cause });
}
