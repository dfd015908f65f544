import { execFileSync } from "node:child_process";
import { expect, it } from "@jest/globals";

// In a process of its own, since the tests' runner has module caches of its own.
const program = `
  import { createRequire } from "node:module";
  import "./components/index.ts";
  const require = createRequire(import.meta.resolve("./components/index.ts"));
  const modules = () => Object.keys(require.cache).length;
  const atFirst = modules();
  const { runtime } = require("@pulumi/pulumi");
  const captured = 41;
  const { text } = await runtime.serializeFunction(() => captured + 1);
  const paths = await runtime.computeCodePaths();
  console.log(JSON.stringify({ atFirst, atLast: modules(), text, paths: paths.size }));
`;

it("leaves the SDK's compiler and reader of packages for the program that serializes a closure", () => {
  const text = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  const seen = JSON.parse(text) as { atFirst: number; atLast: number; text: string; paths: number };
  // npm's reader of folders is several hundred modules.
  expect(seen.atLast).toBeGreaterThan(seen.atFirst + 300);
  expect(seen.text).toContain("41");
  expect(seen.paths).toBeGreaterThan(0);
}, 60_000);
