import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  hashToken,
  isWellFormed,
  mintToken,
  readTokenHeader,
} from "../../../automation-api/access/domain.ts";

describe("a minted token", () => {
  test("shows whose it is, has 256 random bits and a checksum", () => {
    const { token, prefix, hash } = mintToken("tok_01kabcdefghjkmnpqrstvwxyz0");
    expect(token).toMatch(/^roost_tokqrstvwxyz0_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/);
    expect(token.startsWith(`${prefix}_`)).toBe(true);
    expect(hashToken(token)).toEqual(hash);
    expect(isWellFormed(token)).toBe(true);
  });

  test("is refused unseen after any one typing mistake in it", () => {
    const { token } = mintToken("tok_01kabcdefghjkmnpqrstvwxyz0");
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(..."abcXYZ0189"), (at, letter) => {
        const wrong = token.slice(0, at) + letter + token.slice(at + 1);
        const sameForm = /^roost_[a-z0-9]{4,40}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/.test(wrong);
        if (wrong !== token && sameForm) expect(isWellFormed(wrong)).toBe(false);
      }),
    );
  });
});

describe("an Authorization header", () => {
  const good: [string, string][] = [
    ["Bearer abcdefgh", "abcdefgh"],
    ["token abcdefgh", "abcdefgh"],
    ["bearer  a.b-c_d~e+f/g=", "a.b-c_d~e+f/g="],
  ];
  test.each(good)("%j carries a token", (header, token) => {
    expect(readTokenHeader(header)).toBe(token);
  });

  const bad = [
    "",
    "Bearer",
    "Bearer short",
    "Basic YWxhZGRpbjpvcGVu",
    "update-token abcdefgh",
    "Bearer two words",
    `Bearer ${"x".repeat(9000)}`,
  ];
  test.each(bad)("%j does not, and is not repeated in the error", (header) => {
    let message = "";
    try {
      readTokenHeader(header);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain("Bearer");
    expect(message).not.toMatch(/YWxhZGRpbjpvcGVu|xxxx|two words/);
  });
});
