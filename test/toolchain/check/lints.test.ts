import { describe, expect, it } from "@jest/globals";
import { checkDocument } from "../../../toolchain/check/docs.mjs";
import { lintFile } from "../../../toolchain/check/lints.mjs";

const faultsOf = (path: string, text: string) =>
  lintFile({ path, text }).map(({ rule, line }) => `${rule}:${line}`);

describe("our own rules", () => {
  it.each([
    [
      "the environment in a noun",
      "automation-api/hosts/service.ts",
      "const a = 1;\nconst key = process.env.KEY;",
      ["environment-in-config:2"],
    ],
    [
      "the environment by import",
      "stacks/hello/index.ts",
      'import { argv, env } from "node:process";',
      ["environment-in-config:1"],
    ],
    [
      "the environment in a component",
      "components/site/site.ts",
      "process.env.HOME",
      ["environment-in-config:1"],
    ],
    ["the environment where it belongs", "automation-api/config.ts", "process.env", []],
    ["the environment of a plugin's own process", "plugins/command/main.ts", "process.env.PATH", []],
    ["the environment in the toolchain", "toolchain/found.mjs", "process.env", []],
    ["the environment in a comment", "automation-api/http/app.ts", "// process.env is read elsewhere", []],
    ["another process's env", "automation-api/engine/start.ts", "spawn(command, { env: allowed })", []],
    [
      "a secret in argv",
      "automation-api/engine/config.ts",
      'await stack.setConfig("a", {});',
      ["no-secrets-in-argv:1"],
    ],
    ["many secrets in argv", "bench/deploy.ts", "await stack.setAllConfig(all)", ["no-secrets-in-argv:1"]],
    ["secrets in argv as JSON", "plugins/a/b.ts", "stack.setAllConfigJson(all)", ["no-secrets-in-argv:1"]],
    ["400 lines", "automation-api/a/service.ts", "a\n".repeat(400), []],
    ["401 lines", "automation-api/a/service.ts", "a\n".repeat(401), ["short-files:401"]],
    ["a long script", "host-provisioning/reset/reset.sh", "a\n".repeat(401), ["short-files:401"]],
    ["a long document", "docs/long.md", "a\n".repeat(900), []],
  ])("%s", (_, path, text, expected) => {
    expect(faultsOf(path, text)).toEqual(expected);
  });
});

describe("documents", () => {
  const project = {
    exists: (path: string) => ["docs/a.md", "test/http/app.test.ts"].includes(path),
    scripts: ["check"],
  };
  const faults = (text: string, path = "docs/b.md") =>
    checkDocument({ path, text }, project).map(({ message }) => message);

  it.each([
    ["a link that leads somewhere", "[a](a.md) [a](../docs/a.md#part) [web](https://example.com)", []],
    ["a link that leads nowhere", "[c](c.md)", ["the link c.md leads nowhere"]],
    ["a file that exists", "shown by `test/http/app.test.ts`", []],
    ["a file that does not", "shown by `test/http/gone.test.ts`", ["there is no test/http/gone.test.ts"]],
    ["a file of a how-to", "add `stacks/NAME/config.ts`", []],
    ["a script that exists", "`npm run check`", []],
    ["a script that does not", "run `npm run fly`", ['there is no script "fly" in package.json']],
  ])("%s", (_, text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  it("keeps the architecture short", () => {
    expect(faults("a\n".repeat(201), "docs/ARCHITECTURE.md")).toEqual(["more than 200 lines"]);
  });
});
