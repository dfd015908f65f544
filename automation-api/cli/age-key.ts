import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { RoostError } from "../errors.ts";
import type { Context } from "./context.ts";

/**
 * A person's own key for what the server keeps and cannot read, in the format of `age-keygen`
 * (https://age-encryption.org): one file that is carried to each machine.
 */
export interface AgeKey {
  file: string;
  encrypt(text: string): Promise<string>;
  /** @throws invalid for what was encrypted for another key. */
  decrypt(document: string): Promise<string>;
}

export function ageKeyPath({ env, home }: Pick<Context, "env" | "home">): string {
  return path.join(env.XDG_CONFIG_HOME || path.join(home, ".config"), "roost", "age-key.txt");
}

/** @returns undefined where there is no file. @throws invalid for one that others can read, or that holds no key. */
export async function readAgeKey(file: string): Promise<AgeKey | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return;
  if ((found.mode & 0o077) !== 0) {
    throw new RoostError(
      "invalid",
      `${file} holds a key and can be read by other users: run \`chmod 600 ${file}\`.`,
    );
  }
  const identity = /^AGE-SECRET-KEY-1[0-9A-Z]+$/m.exec(await readFile(file, "utf8"))?.[0];
  if (!identity) throw new RoostError("invalid", `${file} holds no key of age (AGE-SECRET-KEY-1…).`);
  return keyOf(file, identity);
}

/** Makes a key in a new file. */
export async function makeAgeKey(file: string): Promise<AgeKey> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `# public key: ${recipient}\n${identity}\n`, {
    mode: 0o600,
    flag: "wx",
    flush: true,
  });
  return keyOf(file, identity);
}

function keyOf(file: string, identity: string): AgeKey {
  return {
    file,
    async encrypt(text) {
      const encrypter = new Encrypter();
      encrypter.addRecipient(await identityToRecipient(identity));
      return armor.encode(await encrypter.encrypt(text));
    },
    async decrypt(document) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      try {
        return await decrypter.decrypt(armor.decode(document), "text");
      } catch (cause) {
        throw new RoostError("invalid", `What is kept there cannot be read with the key in ${file}.`, {
          cause,
        });
      }
    },
  };
}
