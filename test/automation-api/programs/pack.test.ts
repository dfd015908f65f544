import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { unpackPack } from "../../../automation-api/programs/pack.ts";
import { repository } from "../../support/engine.ts";
import { makeTarGz } from "./tarball.ts";

let root: string;
let into: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "pack-")));
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  into = path.join(await mkdtemp(path.join(root, "into-")), "0");
});

async function unpackFiles(files: Record<string, string>) {
  const file = path.join(path.dirname(into), "pack.tar.gz");
  await writeFile(file, makeTarGz(Object.entries(files).map(([name, content]) => ({ path: name, content }))));
  return unpackPack({ kind: "archive", file, path: "" }, into);
}
const manifest = (more: object = {}) => JSON.stringify({ name: "house", version: "1.0.0", ...more });
const runtime = (options: string) => `runtime:\n  name: nodejs\n  options:\n    ${options}\n`;

describe("unpackPack", () => {
  it("lends the packages of this server to one that brings none", async () => {
    const source = path.join(path.dirname(into), "house");
    await cp(path.join(repository, "policies/example"), source, { recursive: true });
    const { folder } = await unpackPack({ kind: "folder", path: source }, into);
    for (const name of ["@pulumi/policy", "zod", "roost/policies"]) {
      expect(await realpath(path.join(folder, "node_modules", name))).toContain(repository);
    }
    expect(existsSync(path.join(source, "node_modules"))).toBe(false);
  });

  it("leaves the packages of its own to one that brings them", async () => {
    await mkdir(into, { recursive: true });
    const { folder } = await unpackFiles({
      "package.json": manifest(),
      "node_modules/@pulumi/policy/package.json": "{}",
    });
    expect(existsSync(path.join(folder, "node_modules/roost"))).toBe(false);
  });

  it.each([
    ["a module", { "package.json": manifest({ type: "module" }) }, "node"],
    ["no module", { "package.json": manifest() }, "sdk-typescript"],
    [
      "plain JavaScript",
      { "package.json": manifest(), "PulumiPolicy.yaml": runtime("typescript: false") },
      "sdk",
    ],
    [
      "nothing more",
      { "package.json": manifest(), "PulumiPolicy.yaml": "runtime: nodejs\n" },
      "sdk-typescript",
    ],
  ])("has one that says %s loaded as such", async (_what, files, loader) => {
    expect((await unpackFiles(files as unknown as Record<string, string>)).loader).toBe(loader);
  });

  it.each([
    ["no package.json", { "index.js": "" }, "no package.json"],
    ["no name or version", { "package.json": "{}" }, "needs name and version"],
    ["a package.json that is none", { "package.json": "{" }, "is no JSON"],
    [
      "another runtime",
      { "package.json": manifest(), "PulumiPolicy.yaml": "runtime: python\n" },
      "another runtime",
    ],
  ])("refuses one with %s", async (_what, files, message) => {
    await expect(unpackFiles(files as unknown as Record<string, string>)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(message),
    });
  });
});
