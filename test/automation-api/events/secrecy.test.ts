import { describe, expect, it } from "@jest/globals";
import { hiderOf } from "../../../automation-api/events/secrecy.ts";

describe("hiderOf: what the engine's own filter lets pass", () => {
  const key = "-----BEGIN KEY-----\nfirst-line-of-it\nsecond-line\n-----END KEY-----\n";
  const structured = JSON.stringify({
    user: "root",
    login: { password: 'pass"word', pin: 123456 },
    tags: ["tag-one"],
  });
  const hide = hiderOf(["as-a-whole", key, structured, "{no json", "x"]);
  const cases: [string, unknown, unknown][] = [
    ["a member of a structured secret", { message: 'it is pass"word' }, { message: "it is [secret]" }],
    ["a member inside JSON", { message: '{"a":"pass\\"word"}' }, { message: '{"a":"[secret]"}' }],
    ["a number and a list", { line: "123456 tag-one" }, { line: "[secret] [secret]" }],
    ["one line of several", { error: "read: second-line" }, { error: "read: [secret]" }],
    [
      "below values of resources",
      { new: { outputs: { a: ["root"] } } },
      { new: { outputs: { a: ["[secret]"] } } },
    ],
    [
      "nothing in names and states",
      { state: "root", urn: "tag-one", at: 123456 },
      { state: "root", urn: "tag-one", at: 123456 },
    ],
    [
      "nothing that the engine hides by itself",
      { message: "as-a-whole {no json x" },
      { message: "as-a-whole {no json x" },
    ],
  ];
  it.each(cases)("%s", (_, given, expected) => {
    expect(hide(given)).toEqual(expected);
    expect(hide([{ kind: "engine", data: given }])).toEqual([{ kind: "engine", data: expected }]);
  });

  it("gives the same value back when there is nothing to hide", () => {
    const event = { message: "same" };
    expect(hiderOf(["one", "two"])(event)).toBe(event);
  });
});
