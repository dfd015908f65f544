import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createStackCipher, isOwnCiphertext } from "../../../automation-api/state-backend/encryption.ts";

const master = randomBytes(32);
const cipher = createStackCipher([master]);

describe("the cipher of a stack", () => {
  it("gives back every plaintext, and never the same ciphertext twice", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (bytes, stackId) => {
        const plaintext = Buffer.from(bytes);
        const [one, two] = [cipher.encrypt(stackId, plaintext), cipher.encrypt(stackId, plaintext)];
        expect(one.equals(two)).toBe(false);
        expect(isOwnCiphertext(one)).toBe(true);
        expect(cipher.decrypt(stackId, one)).toEqual(plaintext);
        expect(() => cipher.decrypt(`${stackId}x`, one)).toThrow("another stack");
      }),
    );
  });

  it("notices a change of any byte", () => {
    const sealed = cipher.encrypt("stk", Buffer.from("hush"));
    for (const position of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed[position] = (changed[position] as number) ^ 1;
      expect(() => cipher.decrypt("stk", changed)).toThrow("cannot be decrypted");
      expect(() => cipher.decrypt("stk", sealed.subarray(0, position))).toThrow("cannot be decrypted");
    }
  });

  it("reads what a former master key encrypted, and writes with the present one", () => {
    const next = createStackCipher([randomBytes(32), master]);
    expect(next.decrypt("stk", cipher.encrypt("stk", Buffer.from("hush"))).toString()).toBe("hush");
    expect(() => cipher.decrypt("stk", next.encrypt("stk", Buffer.from("hush")))).toThrow(
      "not among this server's keys",
    );
  });

  it("never shows a plaintext or a key in an error", () => {
    const sealed = cipher.encrypt("stk", Buffer.from("canary"));
    sealed[sealed.length - 1] = (sealed[sealed.length - 1] as number) ^ 1;
    try {
      cipher.decrypt("stk", sealed);
    } catch (error) {
      expect(String(error)).not.toContain("canary");
    }
  });

  it("refuses a master key of the wrong length", () => {
    expect(() => createStackCipher([randomBytes(16)])).toThrow("32 bytes");
  });
});
