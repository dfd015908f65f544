import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { z } from "zod";
import { RoostError } from "../../../automation-api/errors.ts";
import { refuseStrange } from "../../../automation-api/http/body.ts";
import { describeGiven, validate } from "../../../automation-api/http/validation.ts";

const schema = z.strictObject({
  list: z.array(z.strictObject({ port: z.int().min(1).max(10) })).optional(),
  map: z.record(z.string().regex(/^[a-z]+$/), z.boolean()).optional(),
  when: z.iso.datetime().optional(),
  step: z.number().multipleOf(5).optional(),
  text: z.string().min(2).optional(),
});

describe("a fault names the field, what was given and what is allowed", () => {
  const cases: [string, unknown, object][] = [
    [
      "in a list",
      { list: [{ port: 1 }, { port: 11 }] },
      { field: "list[1].port", given: "number 11", allowed: "at most 10" },
    ],
    ["unknown, in a list", { list: [{ port: 1, prt: 1 }] }, { field: "list[0].prt", allowed: "port" }],
    ["missing", { list: [{}] }, { field: "list[0].port", message: "is missing", allowed: "number" }],
    ["of a map's value", { map: { a: "yes" } }, { field: "map.a", given: '"yes"', allowed: "boolean" }],
    ["of a map's key", { map: { A1: true } }, { field: "map.A1" }],
    ["of a form", { when: "yesterday" }, { field: "when", given: '"yesterday"', allowed: "datetime" }],
    ["of a multiple", { step: 7 }, { field: "step", allowed: "a multiple of 5" }],
    ["too short", { text: "a" }, { field: "text", allowed: "at least 2" }],
    ["of the whole", 7, { field: "body", given: "number 7", allowed: "object" }],
  ];
  test.each(cases)("%s", (_name, value, fault) => {
    expect(faultsOf(value)).toEqual([expect.objectContaining(fault)]);
  });

  test("and says no more than 20 of them", () => {
    expect(faultsOf({ list: Array(500).fill({ port: "x" }) })).toHaveLength(20);
  });
});

test("what was given is never repeated when it is long, or looks or is named like a secret", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 61 }),
      fc.constantFrom("name", "apiKey", "secrets", "password"),
      (text, name) => {
        expect(describeGiven(text, [name])).not.toContain(text);
      },
    ),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9+/_=-]{20,60}$/), (text) => {
      expect(describeGiven(text, ["name"])).toBe("a string (hidden)");
    }),
  );
});

describe("a body of any form", () => {
  test("of allowed depth passes, and one level more does not, however it is nested", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.boolean(), (depth, lists) => {
        let value: unknown = 1;
        for (let level = 0; level < depth; level++) value = lists ? [value] : { a: value };
        expect(() => refuseStrange(value, depth, true)).not.toThrow();
        expect(() => refuseStrange(value, depth - 1, true)).toThrow("nested");
      }),
    );
  });

  test("is refused exactly when a NUL is somewhere in it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        const strange = text.includes("\\u0000") || text.includes('"__proto__":');
        let refused = false;
        try {
          refuseStrange(JSON.parse(text), 32, true);
        } catch (error) {
          refused = error instanceof RoostError;
        }
        expect(refused).toBe(strange);
      }),
    );
  });
});

function faultsOf(value: unknown) {
  try {
    validate(schema, value, "body");
  } catch (error) {
    return (error as RoostError).faults;
  }
  return [];
}
