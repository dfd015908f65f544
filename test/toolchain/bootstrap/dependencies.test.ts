import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  agrees,
  dependenciesInstalled,
  stampDependencies,
} from "../../../toolchain/bootstrap/dependencies.mjs";

describe("npm's record of what it installed", () => {
  const wanted = {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "1.0.0", optional: true },
  };
  it.each([
    ["complete", { "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "1.0.0" } }, true],
    ["without an optional package", { "node_modules/a": { version: "1.0.0" } }, true],
    ["without a needed package", { "node_modules/b": { version: "1.0.0" } }, false],
    ["with another version", { "node_modules/a": { version: "1.0.1" } }, false],
    [
      "with a package that is not wanted",
      { "node_modules/a": { version: "1.0.0" }, "node_modules/c": { version: "1.0.0" } },
      false,
    ],
  ])("%s", (_, installed, expected) => {
    expect(agrees(wanted, installed)).toBe(expected);
  });
});

describe("whether to install", () => {
  let root = "";
  const write = (path: string, value: unknown) => writeFileSync(join(root, path), JSON.stringify(value));
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "roost-packages-"));
    mkdirSync(join(root, "node_modules"));
    write("package.json", { dependencies: { a: "1.0.0" }, scripts: {} });
    write("package-lock.json", { packages: { "": {}, "node_modules/a": { version: "1.0.0" } } });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("is yes in a fresh clone and no after an installation, also when a script changed", async () => {
    expect(dependenciesInstalled(root)).toBe(false);
    await stampDependencies(root);
    expect(dependenciesInstalled(root)).toBe(true);
    write("package.json", { dependencies: { a: "1.0.0" }, scripts: { other: "true" } });
    expect(dependenciesInstalled(root)).toBe(true);
  });

  it("is yes again when the lock or the wanted packages change", async () => {
    await stampDependencies(root);
    write("package-lock.json", { packages: { "": {}, "node_modules/a": { version: "1.0.1" } } });
    expect(dependenciesInstalled(root)).toBe(false);
    await stampDependencies(root);
    write("package.json", { dependencies: { a: "1.0.1" } });
    expect(dependenciesInstalled(root)).toBe(false);
  });

  it("is no after npm was run by hand with the same outcome", () => {
    write("node_modules/.package-lock.json", { packages: { "node_modules/a": { version: "1.0.0" } } });
    expect(dependenciesInstalled(root)).toBe(true);
  });
});
