import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { RoostError } from "../errors.ts";

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** scrypt with these takes 128 MiB and about half a second, which is what each guess costs. */
const cost = { N: 2 ** 17, r: 8, p: 1 } as const;
const keyBytes = 32;
const saltBytes = 16;
export const fewestPassphraseCharacters = 12;

const base64 = (bytes: number) =>
  z
    .string()
    .refine((text) => Buffer.from(text, "base64").length === bytes, `expected ${bytes} bytes in base64`);

/** What the head of a file says about how its frames are sealed. */
export const sealHead = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("passphrase"),
    salt: base64(saltBytes),
    N: z.literal(cost.N),
    r: z.literal(cost.r),
    p: z.literal(cost.p),
    /** Tells a wrong passphrase from a damaged file. */
    check: base64(keyBytes),
  }),
  z.strictObject({ kind: z.literal("digest") }),
]);
export type SealHead = z.output<typeof sealHead>;

/** Which frame it is: its place, and whether the file ends with it. */
export interface FramePlace {
  index: number;
  last: boolean;
}

/**
 * Seals frames one after the other. What is authenticated: the head, the
 * data, the order and the end.
 */
export interface Seal {
  head: SealHead;
  tagBytes: number;
  /** Binds all frames to the head's exact bytes; called once, before the first frame. */
  begin(headBytes: Buffer): void;
  seal(data: Buffer, place: FramePlace): { data: Buffer; tag: Buffer };
  /** @returns undefined when the frame is not what was sealed at this place. */
  open(data: Buffer, tag: Buffer, place: FramePlace): Buffer | undefined;
}

/** A seal for a new file. Without a passphrase the frames are readable, and only guarded against damage. */
export async function newSeal(passphrase: string | undefined): Promise<Seal> {
  if (passphrase === undefined) return new DigestSeal();
  if (passphrase.length < fewestPassphraseCharacters) {
    throw new RoostError(
      "invalid",
      `The passphrase must have ${fewestPassphraseCharacters} characters or more.`,
    );
  }
  const salt = randomBytes(saltBytes);
  const { key, check } = await keysOf(passphrase, salt);
  const head: SealHead = {
    kind: "passphrase",
    salt: salt.toString("base64"),
    ...cost,
    check: check.toString("base64"),
  };
  return new CipherSeal(head, key);
}

/**
 * The seal of a file with this head.
 * @throws invalid when a passphrase is missing or wrong.
 */
export async function sealOf(head: SealHead, passphrase: string | undefined): Promise<Seal> {
  if (head.kind === "digest") return new DigestSeal();
  if (passphrase === undefined) {
    throw new RoostError("invalid", "The backup is encrypted: its passphrase is needed.");
  }
  const { key, check } = await keysOf(passphrase, Buffer.from(head.salt, "base64"));
  if (!timingSafeEqual(check, Buffer.from(head.check, "base64"))) {
    throw new RoostError("invalid", "The passphrase is wrong, or the head of the file is damaged.");
  }
  return new CipherSeal(head, key);
}

async function keysOf(passphrase: string, salt: Buffer): Promise<{ key: Buffer; check: Buffer }> {
  const options = { ...cost, maxmem: 256 * 1024 * 1024 };
  const derived = await derive(passphrase.normalize("NFC"), salt, 2 * keyBytes, options);
  return { key: derived.subarray(0, keyBytes), check: derived.subarray(keyBytes) };
}

/** AES-256-GCM. The key is this file's alone, so a nonce may count. */
class CipherSeal implements Seal {
  readonly head: SealHead;
  readonly tagBytes = 16;
  readonly #key: Buffer;
  #headHash = Buffer.alloc(0);

  constructor(head: SealHead, key: Buffer) {
    this.head = head;
    this.#key = key;
  }

  begin(headBytes: Buffer): void {
    this.#headHash = hash(headBytes);
  }

  seal(data: Buffer, place: FramePlace) {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonceOf(place)).setAAD(this.#headHash);
    const sealed = Buffer.concat([cipher.update(data), cipher.final()]);
    return { data: sealed, tag: cipher.getAuthTag() };
  }

  open(data: Buffer, tag: Buffer, place: FramePlace): Buffer | undefined {
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonceOf(place), {
      authTagLength: this.tagBytes,
    });
    decipher.setAAD(this.#headHash).setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(data), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

function nonceOf({ index, last }: FramePlace): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt8(last ? 1 : 0, 0);
  nonce.writeBigUInt64BE(BigInt(index), 4);
  return nonce;
}

/** A chain of SHA-256: finds every accidental change, and no deliberate one. */
class DigestSeal implements Seal {
  readonly head: SealHead = { kind: "digest" };
  readonly tagBytes = 32;
  #previous = Buffer.alloc(0);

  begin(headBytes: Buffer): void {
    this.#previous = hash(headBytes);
  }

  seal(data: Buffer, { last }: FramePlace) {
    this.#previous = hash(this.#previous, Buffer.of(last ? 1 : 0), data);
    return { data, tag: this.#previous };
  }

  open(data: Buffer, tag: Buffer, place: FramePlace): Buffer | undefined {
    return this.seal(data, place).tag.equals(tag) ? data : undefined;
  }
}

function hash(...parts: Buffer[]): Buffer<ArrayBuffer> {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
}
