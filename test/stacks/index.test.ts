import { describe, expect, it } from "@jest/globals";
import { builtins, checkConfig } from "../../stacks/index.ts";

describe("checkConfig: a builtin's configuration is judged without running it", () => {
  it("fills in defaults and takes numbers as texts", () => {
    expect(checkConfig("hello", { replicas: "3" }, [])).toEqual({
      config: { message: "Hello from Roost", replicas: 3 },
    });
  });

  it("takes the API key as a secret", () => {
    expect(checkConfig("hello", { apiKey: "k" }, ["apiKey"])).toMatchObject({ config: { apiKey: "k" } });
  });

  const cases: [string, string, Record<string, unknown>, string[], string[]][] = [
    ["an unknown program", "nothing", {}, [], ["program"]],
    ["a name that every object has", "constructor", {}, [], ["program"]],
    [
      "all faults at once",
      "hello",
      { message: "", replicas: 11, color: 1, size: 2 },
      [],
      ["color", "message", "replicas", "size"],
    ],
    ["a text that is no number", "hello", { replicas: "many" }, [], ["replicas"]],
    ["half a replica", "hello", { replicas: 1.5 }, [], ["replicas"]],
    ["a secret in the clear", "hello", { apiKey: "k" }, [], ["apiKey"]],
    ["a secret that would be shown", "hello", { message: "m" }, ["message"], ["message"]],
  ];
  it.each(cases)("names %s", (_, name, values, secretKeys, fields) => {
    const checked = checkConfig(name, values, secretKeys);
    expect("faults" in checked && checked.faults.map(({ field }) => field).sort()).toEqual(fields);
  });

  it("describes each program and each of its fields", () => {
    for (const builtin of Object.values(builtins)) {
      expect(builtin.description).not.toBe("");
      for (const field of Object.values(builtin.config.shape)) expect(field.description).toBeDefined();
    }
  });
});
