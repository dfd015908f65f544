import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parseExactly } from "../../../automation-api/state-backend/json.ts";

describe("parseExactly", () => {
  it.each([
    "[12345678901234567890]",
    "[-0]",
    "[-0.0]",
    "[1e400,-1e400]",
    "[1e-400]",
    "[0.12345678901234567890123]",
    "[9007199254740993]",
    '{"a":{"b":[1,{"c":-0}]},"text":"12345678901234567890"}',
  ])("keeps what a double cannot hold: %s", (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });

  it("is JSON.parse for everything else", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = JSON.parse(text);
        expect(JSON.parse(JSON.stringify(parseExactly(text)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
