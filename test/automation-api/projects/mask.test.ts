import { describe, expect, it } from "@jest/globals";
import { mask, maskOutputs } from "../../../automation-api/projects/service.ts";

const key = "4dabf18193072939515e22adb298388d";
const secret = { [key]: "1b47061264138c4ac30d75fd1eb44270", plaintext: '"canary"' };

describe("mask", () => {
  it.each([
    ["a plain value", 1, 1],
    ["null", null, null],
    ["text", "x", "x"],
    ["a secret", secret, { secret: true }],
    ["a secret deep inside", { a: [{ b: secret }] }, { a: [{ b: { secret: true } }] }],
    ["what the engine blinded", { a: "[secret]" }, { a: { secret: true } }],
    [
      "a secret output value",
      { [key]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", secret: true, value: "canary" },
      { secret: true },
    ],
    [
      "an asset",
      { [key]: "c44067f5952c0a294b673a41bacd8c17", hash: "x" },
      { [key]: "c44067f5952c0a294b673a41bacd8c17", hash: "x" },
    ],
  ])("%s", (_name, value, expected) => {
    expect(mask(value)).toEqual(expected);
    expect(JSON.stringify(mask(value) ?? null)).not.toContain("canary");
  });

  it("gives no outputs as none", () => {
    expect(maskOutputs(null)).toEqual({});
    expect(maskOutputs(undefined)).toEqual({});
  });
});
