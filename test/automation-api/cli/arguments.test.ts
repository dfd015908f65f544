import { expect, it } from "@jest/globals";
import { parseConfig, parseSecrets } from "../../../automation-api/cli/config-arguments.ts";
import { parseSecretSource } from "../../../automation-api/cli/secret-source.ts";
import { parseTarget } from "../../../automation-api/cli/target.ts";

it("takes configuration as text, as JSON, and as removals", () => {
  const flags = {
    config: ["a=1", "b=", "c=x=y", "aws:region=eu-central-1"],
    configJson: ["n=3", 'list=[1,"2"]', "off=false"],
    unset: ["old"],
  };
  expect(parseConfig(flags)).toEqual({
    ...{ a: "1", b: "", c: "x=y", "aws:region": "eu-central-1" },
    ...{ n: 3, list: [1, "2"], off: false, old: null },
  });
  expect(parseConfig({ config: ["__proto__=x"] })).toEqual(Object.fromEntries([["__proto__", "x"]]));
});

it.each([
  [{ config: ["novalue"] }, "expected key=value"],
  [{ config: ["=x"] }, "expected key=value"],
  [{ configJson: ["k={"] }, "the value of k is not JSON"],
  [{ config: ["k=1"], unset: ["k"] }, "k is given twice"],
])("refuses the configuration %j", (flags, message) => {
  expect(() => parseConfig(flags)).toThrow(message);
});

it("takes a secret from its source, and asks when none is named", () => {
  expect(parseSecrets(["a", "b=env:B_KEY", "c=file:/run/c=d", "d=-"])).toEqual([
    { key: "a", source: { kind: "ask" } },
    { key: "b", source: { kind: "env", name: "B_KEY" } },
    { key: "c", source: { kind: "file", path: "/run/c=d" } },
    { key: "d", source: { kind: "stdin" } },
  ]);
});

it.each(["hunter2", "env:", "env:1x", "file:", "ENV:X", ""])(
  "refuses a secret that is itself in the arguments (%j), without repeating it",
  (text) => {
    const refused = () => parseSecretSource(text, "--secret k");
    expect(refused).toThrow("can be read by every user");
    if (text) expect(refused).not.toThrow(new RegExp(`k: .*${text}.*give`));
  },
);

it.each([
  ["hello/dev", { project: "hello", stack: "dev" }],
  ["a.b/c-d_1", { project: "a.b", stack: "c-d_1" }],
])("takes the target %s", (text, target) => {
  expect(parseTarget(text)).toEqual(target);
});

it.each(["hello", "a/b/c", "/dev", "hello/", "../x", "a/..", "a b/c", ""])(
  "refuses the target %j",
  (text) => {
    expect(() => parseTarget(text)).toThrow("expected project/stack");
  },
);
