import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { AnalyzeResult, PropertyDefinition } from "@pulumi/pulumi/provider/experimental/analyzer.js";
import { ROOT } from "../../toolchain/found.mjs";
import { publicComponents } from "./public-components.ts";

jest.setTimeout(120_000);

/** The host of components exports no analyser; this is the file that it uses itself. */
const { Analyzer } = createRequire(import.meta.url)(
  "@pulumi/pulumi/provider/experimental/analyzer.js",
) as typeof import("@pulumi/pulumi/provider/experimental/analyzer.js");

let schema: AnalyzeResult;

beforeAll(() => {
  const manifest = { name: "roost-components", version: "0.0.0" };
  schema = new Analyzer(
    join(ROOT, "components"),
    "roost-components",
    manifest,
    new Set(publicComponents),
  ).analyze();
});

describe("the schema that Pulumi infers for other languages", () => {
  it("has each public component", () => {
    expect(publicComponents).toContain("Network");
    expect(Object.keys(schema.components).sort()).toEqual(publicComponents);
  });

  it("describes each component, each argument and each field of an argument", () => {
    const undescribed = Object.values(schema.components).flatMap(({ name, description, inputs }) => [
      ...(description ? [] : [name]),
      ...lacking(name, inputs),
    ]);
    for (const { name, properties } of Object.values(schema.typeDefinitions)) {
      undescribed.push(...lacking(name, properties ?? {}));
    }
    expect(undescribed).toEqual([]);
  });

  it("publishes outputs that other programs can hold, and nothing private", () => {
    for (const { name, outputs } of Object.values(schema.components)) {
      expect([name, Object.keys(outputs).filter((key) => /^[_#]/.test(key))]).toEqual([name, []]);
    }
  });

  it("offers each enum under its name", () => {
    const enums = Object.values(schema.typeDefinitions).filter((definition) => definition.enum);
    expect(enums.map(({ name }) => name)).toEqual(expect.arrayContaining(["Egress", "TierKind"]));
  });
});

/** `Component.input` for each input without a description. An enum's or a type's own description will do. */
function lacking(name: string, inputs: Record<string, PropertyDefinition>): string[] {
  return Object.entries(inputs)
    .filter(([, input]) => !input.description && !("$ref" in input))
    .map(([key]) => `${name}.${key}`);
}
