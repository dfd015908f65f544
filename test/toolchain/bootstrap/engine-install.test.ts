import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { buildKey } from "../../../toolchain/bootstrap/engine-install.mjs";
import { fullVersion } from "../../../toolchain/bootstrap/go.mjs";
import { engineVersion, ROOT } from "../../../toolchain/found.mjs";

const module = join(ROOT, "toolchain/engine");
const copy = mkdtempSync(join(tmpdir(), "roost-module-"));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("the key of a built engine", () => {
  const here = { version: "3.259.0", platform: "linux", arch: "x64" };
  for (const name of ["go.mod", "go.sum"]) copyFileSync(join(module, name), join(copy, name));

  it("is the same for another copy of the same module", () => {
    expect(buildKey({ moduleFolder: copy, ...here })).toBe(buildKey({ moduleFolder: module, ...here }));
  });

  it.each([
    ["version", { ...here, version: "3.260.0" }],
    ["platform", { ...here, platform: "darwin" }],
    ["architecture", { ...here, arch: "arm64" }],
  ])("changes with the %s", (_, build) => {
    expect(buildKey({ moduleFolder: module, ...build })).not.toBe(
      buildKey({ moduleFolder: module, ...here }),
    );
  });

  it("changes with the module's sums", () => {
    const before = buildKey({ moduleFolder: copy, ...here });
    writeFileSync(join(copy, "go.sum"), "example.com/other v1.0.0 h1:x\n");
    expect(buildKey({ moduleFolder: copy, ...here })).not.toBe(before);
  });
});

describe("the pinned module", () => {
  it("builds the CLI of the SDK's version", () => {
    const text = readFileSync(join(module, "go.mod"), "utf8");
    expect(text).toMatch(
      new RegExp(`github.com/pulumi/pulumi/pkg/v3 v${engineVersion().replaceAll(".", "\\.")}\\b`),
    );
  });

  it.each([
    ["go1.26", "1.26.0"],
    ["go1.26.8", "1.26.8"],
    ["go1.27rc1", "1.27.0"],
    ["devel", "0.0.0"],
  ])("reads %s as %s", (said, version) => {
    expect(fullVersion(said)).toBe(version);
  });
});
