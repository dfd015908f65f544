import type { Principal } from "../access/permissions.ts";
import { type Names, type Parts, stackFor } from "./backend.ts";
import type { StackCipher } from "./encryption.ts";

export function secretActions(parts: Parts) {
  const { store, cipher } = parts;

  async function encrypt(principal: Principal, names: Names, plaintexts: Buffer[]): Promise<Buffer[]> {
    const stack = await stackFor(parts, principal, names, "deployment:create");
    return plaintexts.map((plaintext) => cipher.encrypt(stack.id, plaintext));
  }

  /** The audit row is written before anything is told. */
  async function decrypt(
    principal: Principal,
    names: Names,
    ciphertexts: Buffer[],
    requestId?: string,
  ): Promise<Buffer[]> {
    const stack = await stackFor(parts, principal, names, "secret:read");
    const plaintexts = ciphertexts.map((ciphertext) => cipher.decrypt(stack.id, ciphertext));
    const detail = { count: ciphertexts.length };
    await store.record({
      principal,
      entry: { action: "secret.decrypt", object: stack.id, phase: "result", detail, requestId },
    });
    return plaintexts;
  }

  /** The command says what it shows to a person, also of secrets that another provider keeps. */
  async function noteDecryption(
    principal: Principal,
    names: Names,
    shown: { secretName?: string; commandName?: string },
    requestId?: string,
  ): Promise<void> {
    const stack = await stackFor(parts, principal, names, "stack:read");
    await store.record({
      principal,
      entry: { action: "secret.show", object: stack.id, phase: "result", detail: shown, requestId },
    });
  }

  return {
    encrypt,
    decrypt,
    noteDecryption,
    /** For services of this server, which hide these texts and show them to nobody. */
    secretTexts: (stackId: string, ciphertexts: string[]) => secretTexts(cipher, stackId, ciphertexts),
  };
}

/** Values of a stack's configuration in clear; what is not this stack's is left out. */
export function secretTexts(cipher: StackCipher, stackId: string, ciphertexts: string[]): string[] {
  return ciphertexts.flatMap((ciphertext) => {
    try {
      return [cipher.decrypt(stackId, Buffer.from(ciphertext, "base64")).toString()];
    } catch {
      // Nobody else can decrypt it either, so there is nothing to hide.
      return [];
    }
  });
}
