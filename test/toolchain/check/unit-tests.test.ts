import { describe, expect, it } from "@jest/globals";
import { importsOf, isUnitTest } from "../../../toolchain/check/unit-tests.mjs";

describe("imports of a source", () => {
  it("are those that are loaded: not the ones of types only", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import type { B } from "./b.ts";',
      'import {\n  c,\n  type D,\n} from "./c.ts";',
      'export * from "./e.ts";',
      'export type { F } from "./f.ts";',
      'import "./g.ts";',
      'const h = await import("./h.ts");',
    ].join("\n");
    expect(importsOf(text)).toEqual(["./a.ts", "./c.ts", "./e.ts", "./g.ts", "./h.ts"]);
  });
});

describe("a unit test", () => {
  const files: Record<string, string> = {
    "test/plan.test.ts": 'import { plan } from "../src/plan.ts";',
    "test/apply.test.ts": 'import { apply } from "../src/apply.ts";',
    "test/types.test.ts": 'import type { Apply } from "../src/apply.ts";\nimport { z } from "zod";',
    "test/spawn.test.ts": 'import { spawn } from "node:child_process";',
    "test/lost.test.ts": 'import { gone } from "./gone.ts";',
    "src/plan.ts": 'import { join } from "node:path";\nimport { again } from "./again.ts";',
    "src/again.ts": 'import { plan } from "./plan.ts";',
    "src/apply.ts": 'import { plan } from "./plan.ts";\nimport * as pulumi from "@pulumi/pulumi";',
  };
  it.each([
    ["test/plan.test.ts", true],
    ["test/apply.test.ts", false],
    ["test/types.test.ts", true],
    ["test/spawn.test.ts", false],
    ["test/lost.test.ts", false],
  ])("%s: %s", (path, expected) => {
    expect(isUnitTest(path, (name) => files[name])).toBe(expected);
  });
});
