import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { Checkpoint } from "./domain.ts";

const common = { at: z.string(), key: z.string(), signature: z.string() };
const lineSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("head"),
    organization: z.string(),
    sequence: z.string(),
    hash: z.string(),
    ...common,
  }),
  /** The first key signs itself; each later one is signed by the key before it. */
  z.strictObject({ type: z.literal("key"), newKey: z.string(), publicKey: z.string(), ...common }),
]);
type Line = z.output<typeof lineSchema>;
type Unsigned = Line extends infer L ? (L extends Line ? Omit<L, "signature"> : never) : never;

export interface HeadsReading {
  /** Per organization, in order of sequence. */
  checkpoints: Map<string, Checkpoint[]>;
  /** Lines that are broken or whose signature does not hold, with their numbers. */
  badLines: { line: number; message: string }[];
}

/**
 * Signed heads of the audit chains, in a file outside the database: what was
 * written there cannot be made undone by who can only change the database.
 * Lies in `<data>/audit/`: `heads.jsonl`, and the Ed25519 key in `key.pem` (0600).
 */
export class Heads {
  readonly #folder: string;
  #key: KeyObject | undefined;

  constructor(dataFolder: string) {
    this.#folder = path.join(dataFolder, "audit");
  }

  get file(): string {
    return path.join(this.#folder, "heads.jsonl");
  }

  /** Signs and appends; on disk when it returns. */
  async append(heads: { organizationId: string; sequence: string; hash: Buffer }[]): Promise<void> {
    const key = await this.#open();
    const at = new Date().toISOString();
    const lines = heads.map(({ organizationId, sequence, hash }) =>
      signLine(
        {
          type: "head",
          organization: organizationId,
          sequence,
          hash: hash.toString("hex"),
          at,
          key: idOf(key),
        },
        key,
      ),
    );
    await this.#write(lines);
  }

  /** Makes a new key; the old one signs for it and is then gone. @returns the ids of both. */
  async rotate(): Promise<{ before: string; after: string }> {
    const old = await this.#open();
    const fresh = generateKeyPairSync("ed25519").privateKey;
    // The line comes first: after a crash in between, the old key goes on signing, and that is accepted.
    await this.#write([keyLine(fresh, old)]);
    await this.#keep(fresh);
    return { before: idOf(old), after: idOf(fresh) };
  }

  async read(): Promise<HeadsReading> {
    const text = existsSync(this.file) ? await readFile(this.file, "utf8") : "";
    return readLines(text);
  }

  async #open(): Promise<KeyObject> {
    if (this.#key) return this.#key;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = path.join(this.#folder, "key.pem");
    if (existsSync(file)) {
      this.#key = createPrivateKey(await readFile(file));
      return this.#key;
    }
    const first = generateKeyPairSync("ed25519").privateKey;
    await this.#keep(first);
    await this.#write([keyLine(first, first)]);
    return first;
  }

  async #keep(key: KeyObject): Promise<void> {
    const file = path.join(this.#folder, "key.pem");
    const pem = key.export({ type: "pkcs8", format: "pem" });
    await writeFile(`${file}.new`, pem, { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
    this.#key = key;
  }

  async #write(lines: Line[]): Promise<void> {
    if (lines.length === 0) return;
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    await appendFile(this.file, text, { mode: 0o600, flush: true });
  }
}

/** Checks every line; a key counts only when an accepted one signed for it. */
export function readLines(text: string): HeadsReading {
  const keys = new Map<string, KeyObject>();
  const checkpoints = new Map<string, Checkpoint[]>();
  const badLines: HeadsReading["badLines"] = [];
  text.split("\n").forEach((content, index) => {
    if (content === "") return;
    const line = parse(content);
    if (!line) {
      badLines.push({ line: index + 1, message: "is not a line of this file" });
      return;
    }
    const isFirst = line.type === "key" && keys.size === 0 && line.key === line.newKey;
    const signer = isFirst ? publicKeyOf(line.publicKey) : keys.get(line.key);
    const { signature, ...rest } = line;
    if (!signer || !verify(null, canonical(rest as Unsigned), signer, Buffer.from(signature, "base64"))) {
      badLines.push({ line: index + 1, message: "has a signature that does not hold" });
      return;
    }
    if (line.type === "key") {
      keys.set(line.newKey, publicKeyOf(line.publicKey));
      return;
    }
    const known = checkpoints.get(line.organization) ?? [];
    known.push({ sequence: line.sequence, hash: Buffer.from(line.hash, "hex"), at: line.at });
    checkpoints.set(line.organization, known);
  });
  return { checkpoints, badLines };
}

function parse(content: string): Line | undefined {
  try {
    return lineSchema.parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}

function keyLine(fresh: KeyObject, signer: KeyObject): Line {
  const publicKey = createPublicKey(fresh).export({ type: "spki", format: "der" }).toString("base64");
  const at = new Date().toISOString();
  return signLine({ type: "key", newKey: idOf(fresh), publicKey, at, key: idOf(signer) }, signer);
}

function signLine(line: Unsigned, key: KeyObject): Line {
  return { ...line, signature: sign(null, canonical(line), key).toString("base64") } as Line;
}

/** Keys in order, no spaces. */
function canonical(line: Unsigned): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(line).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function publicKeyOf(base64: string): KeyObject {
  return createPublicKey({ key: Buffer.from(base64, "base64"), type: "spki", format: "der" });
}

function idOf(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex").slice(0, 16);
}
