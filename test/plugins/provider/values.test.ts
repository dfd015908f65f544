import { describe, expect, it } from "@jest/globals";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { diffInputs } from "../../../plugins/provider/diff.ts";
import {
  hasUnknown,
  masker,
  plain,
  restoreSecrets,
  secretNames,
  secretStrings,
} from "../../../plugins/provider/secrets.ts";
import {
  fileAsset,
  fromStruct,
  type Properties,
  Secret,
  secret,
  textAsset,
  toStruct,
  unknown,
  type Value,
} from "../../../plugins/provider/values.ts";

describe("values on the wire", () => {
  it.each<[string, Properties]>([
    ["plain ones", { a: null, b: true, c: 1.5, d: "text", e: [1, [2]], f: { g: {} } }],
    ["unknown", { a: unknown, b: [unknown] }],
    ["secrets, also inside each other", { a: secret("x"), b: secret({ c: secret([1]), d: "open" }) }],
    ["assets", { a: textAsset("hello"), b: fileAsset("/tmp/file") }],
  ])("come back as they went: %s", (_, properties) => {
    expect(fromStruct(toStruct(properties))).toEqual(properties);
  });

  it("lose what is undefined, and read each kind of unknown", () => {
    expect(fromStruct(toStruct({ a: undefined, b: 1 }))).toEqual({ b: 1 });
    const marks = structs.Struct.fromJavaScript({ a: "3eeb2bf0-c639-47a8-9e75-3b44932eb421" });
    expect(fromStruct(marks)).toEqual({ a: unknown });
    expect(fromStruct(undefined)).toEqual({});
  });
});

describe("secrets", () => {
  const properties: Properties = { a: secret("one"), b: { c: [secret("two"), "three"] }, d: "four" };

  it("are unwrapped for a handler and found again by their place", () => {
    const open = plain(properties);
    expect(open).toEqual({ a: "one", b: { c: ["two", "three"] }, d: "four" });
    expect(restoreSecrets({ ...open, a: "changed", e: "new" }, properties)).toEqual({
      ...properties,
      a: secret("changed"),
      e: "new",
    });
    expect([...secretNames(properties)]).toEqual(["a", "b"]);
  });

  it("stay secret under a secret whole, and a secret that a handler added stays", () => {
    const whole: Properties = { connection: secret({ host: "h", password: secret("p") }) };
    expect(restoreSecrets({ connection: { host: "h", password: "p" } }, whole)).toEqual(whole);
    expect(restoreSecrets({ a: secret("x") }, { a: "x" })).toEqual({ a: secret("x") });
    expect(new Secret("x")).toEqual(secret(secret("x")));
  });

  it.each<[string, Value, string[]]>([
    ["all strings below a secret", secret({ a: "one", b: ["two", 34567] }), ["one", "two", "34567"]],
    ["only the inner secrets where there are some", secret({ host: "h", password: secret("p") }), ["p"]],
    ["nothing without a secret", { a: "one" }, []],
  ])("count as %s", (_, value, strings) => expect(secretStrings(value)).toEqual(strings));

  it.each([
    ["longest first", ["abcd", "abcdef"], "abcdef abcd", "[secret] [secret]"],
    ["not when short", ["abc", ""], "abc abc", "abc abc"],
    ["each line of several", ["first line\nsecond line\n"], "got: second line.", "got: [secret]."],
    ["no words of a shell", ["if x; then\n  ran\ndone\n"], "undone: if x; then", "undone: [secret]"],
    ["with characters of patterns", ["a.*b$1"], "a.*b$1", "[secret]"],
  ])("are masked: %s", (_, secrets, text, masked) => expect(masker(secrets)(text)).toBe(masked));

  it("tell what is not known yet", () => {
    expect(hasUnknown({ a: [secret(unknown)] })).toBe(true);
    expect(hasUnknown({ a: [secret("x")] })).toBe(false);
  });
});

describe("differences", () => {
  const asset = (path: string, hash?: string): Value => ({
    ...(fileAsset(path) as object),
    ...(hash && { hash }),
  });

  it.each<[string, Properties, Properties, Record<string, string>]>([
    ["none", { a: 1, b: { c: [1] } }, { a: 1, b: { c: [1] } }, {}],
    ["null is absent", { a: null }, {}, {}],
    ["secrecy alone is none", { a: "x" }, { a: secret("x") }, {}],
    ["added, changed, gone", { a: 1, b: 1 }, { b: 2, c: 3 }, { a: "delete", b: "update", c: "add" }],
    [
      "deep",
      { a: { "x.y": 1, z: [1, 2] } },
      { a: { "x.y": 2, z: [1] } },
      { 'a["x.y"]': "update", "a.z[1]": "delete" },
    ],
    ["unknown", { a: 1 }, { a: unknown }, { a: "update" }],
    ["another type", { a: [1] }, { a: { b: 1 } }, { a: "update" }],
    ["a moved file", { a: asset("/one", "h") }, { a: asset("/two", "h") }, {}],
    ["other content", { a: asset("/one", "h") }, { a: asset("/one", "i") }, { a: "update" }],
    ["no hashes", { a: asset("/one") }, { a: asset("/two") }, { a: "update" }],
  ])("%s", (_, old, inputs, kinds) => {
    const { changes } = diffInputs(old, inputs);
    expect(Object.fromEntries(Object.entries(changes).map(([path, { kind }]) => [path, kind]))).toEqual(
      kinds,
    );
  });

  it("replace for the names that are given", () => {
    const { changes } = diffInputs({ a: [1], b: 1 }, { a: [2], b: 2 }, ["a"]);
    expect(changes).toEqual({
      "a[0]": { kind: "update", replace: true },
      b: { kind: "update", replace: false },
    });
  });
});
