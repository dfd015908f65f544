import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readlink, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { resolveFolder } from "../../../automation-api/programs/folder.ts";
import { parseManifest } from "../../../automation-api/programs/manifest.ts";
import { unpackProgram } from "../../../automation-api/programs/unpack.ts";
import { makeTarGz, type TarEntry } from "./tarball.ts";

let root: string;
let into: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "unpack-")));
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  into = await mkdtemp(path.join(root, "into-"));
});

const manifest = "name: web\nruntime: nodejs\n";

async function write(folder: string, files: Record<string, string>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}

async function archive(entries: TarEntry[]): Promise<string> {
  const file = path.join(into, "program.tar.gz");
  await writeFile(file, makeTarGz(entries));
  return file;
}

describe("resolveFolder", () => {
  let allowed: string;
  beforeAll(async () => {
    allowed = await write(path.join(root, "allowed"), { "web/Pulumi.yaml": manifest, "file.txt": "" });
    await write(path.join(root, "outside"), { "Pulumi.yaml": manifest });
    await write(path.join(root, "allowed-too"), { "Pulumi.yaml": manifest });
    await symlink(path.join(root, "outside"), path.join(allowed, "link-out"));
    await symlink("web", path.join(allowed, "link-in"));
    await symlink(allowed, path.join(root, "alias"));
  });

  it.each([
    ["relative", () => "web"],
    ["absolute", () => path.join(allowed, "web")],
    ["through a link inside", () => "link-in"],
    ["with detours", () => "web/../web/."],
  ])("finds a folder %s", async (_name, folder) => {
    expect(await resolveFolder([path.join(root, "missing"), allowed], folder())).toBe(
      path.join(allowed, "web"),
    );
  });

  it("follows a root that is a link itself", async () => {
    expect(await resolveFolder([path.join(root, "alias")], "web")).toBe(path.join(allowed, "web"));
  });

  it.each([
    ["a link that leads out", () => "link-out"],
    ["a path that climbs out", () => "../outside"],
    ["an absolute path outside", () => path.join(root, "outside")],
    ["a folder whose name begins like the root", () => path.join(root, "allowed-too")],
    ["what is missing", () => "none"],
    ["a file", () => "file.txt"],
  ])("refuses %s", async (_name, folder) => {
    await expect(resolveFolder([allowed], folder())).rejects.toMatchObject({
      code: "invalid",
      faults: [{ field: "program.folder", message: "is not a folder below the allowed roots" }],
    });
  });

  it("says that folder programs are off without roots", async () => {
    await expect(resolveFolder([], "web")).rejects.toThrow(/ROOST_PROGRAM_ROOTS/);
  });
});

describe("parseManifest", () => {
  it("reads name, main and either form of runtime", () => {
    expect(
      parseManifest("name: a\nmain: src\nruntime:\n  name: nodejs\n  options: {typescript: true}\n"),
    ).toEqual({
      name: "a",
      main: "src",
      runtime: "nodejs",
    });
  });
  it.each([
    ["python", "name: a\nruntime: python\n", /runtime python/],
    ["yaml", "name: a\nruntime: {name: yaml}\n", /runtime yaml/],
    ["no runtime", "name: a\n", /runtime/],
    ["text", "hello", /no valid/],
    ["broken", "name: a: b\n", /YAML/],
    [
      "aliases that multiply",
      `a: &a [x,x]\n${"bcdefghij"
        .split("")
        .map((k, i) => `${k}: &${k} [${"*".concat("abcdefghi"[i] ?? "")},*${"abcdefghi"[i]}]`)
        .join("\n")}\n`,
      /YAML|no valid/,
    ],
  ])("refuses %s", (_name, text, message) => {
    expect(() => parseManifest(text)).toThrow(message);
  });
});

describe("unpackProgram", () => {
  it("gives a built-in program an empty folder", async () => {
    const { folder } = await unpackProgram({ kind: "builtin", name: "hello" }, into);
    expect(existsSync(folder)).toBe(true);
  });

  it("copies a folder, links its packages, and leaves the original alone", async () => {
    const source = await write(path.join(into, "source"), {
      "Pulumi.yaml": manifest,
      "index.js": "1",
      ".git/config": "",
      "node_modules/x/index.js": "",
    });
    const { folder, manifest: read } = await unpackProgram({ kind: "folder", path: source }, into);
    expect(read?.name).toBe("web");
    expect(existsSync(path.join(folder, ".git"))).toBe(false);
    expect(await readlink(path.join(folder, "node_modules"))).toBe(path.join(source, "node_modules"));
    await writeFile(path.join(folder, "index.js"), "2");
    expect(await readFile(path.join(source, "index.js"), "utf8")).toBe("1");
  });

  it("refuses a folder with a link that leads out", async () => {
    const source = await write(path.join(into, "source"), { "Pulumi.yaml": manifest });
    await symlink("/etc/passwd", path.join(source, "stolen"));
    const refused = unpackProgram({ kind: "folder", path: source }, into);
    await expect(refused).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("stolen"),
    });
  });

  it("runs the named folder of an archive", async () => {
    const file = await archive([
      { path: "infra/Pulumi.yaml", content: manifest },
      { path: "infra/index.js", content: "" },
    ]);
    const { folder } = await unpackProgram({ kind: "archive", file, path: "infra" }, into);
    expect(path.basename(folder)).toBe("infra");
  });

  it("refuses a chain of links that only together lead out", async () => {
    const file = await archive([
      { path: "Pulumi.yaml", content: manifest },
      { path: "a/b/root", type: "SymbolicLink", linkpath: "../.." },
      { path: "out", type: "SymbolicLink", linkpath: "a/b/root/.." },
    ]);
    const refused = unpackProgram({ kind: "archive", file, path: "" }, into);
    await expect(refused).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("out") });
  });

  it.each([
    ["another runtime", [{ path: "Pulumi.yaml", content: "name: a\nruntime: go\n" }], "", /runtime go/],
    ["no Pulumi.yaml", [{ path: "index.js", content: "" }], "", /no Pulumi\.yaml/],
    ["a missing folder", [{ path: "Pulumi.yaml", content: manifest }], "none", /program\.path/],
  ])("refuses %s", async (_name, entries, inner, message) => {
    const file = await archive(entries);
    await expect(unpackProgram({ kind: "archive", file, path: inner }, into)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(message),
    });
  });
});

describe("packages of a program", () => {
  const witness = () => path.join(into, "witness");
  const lock = (lines: object) =>
    JSON.stringify({ name: "p", version: "1.0.0", lockfileVersion: 3, requires: true, packages: lines });
  const packed = (script: string): TarEntry[] => [
    { path: "Pulumi.yaml", content: manifest },
    {
      path: "package.json",
      content: JSON.stringify({
        name: "p",
        version: "1.0.0",
        scripts: { install: script, prepare: script },
        dependencies: { left: "file:left" },
      }),
    },
    {
      path: "left/package.json",
      content: JSON.stringify({ name: "left", version: "1.0.0", scripts: { install: script } }),
    },
    { path: "left/index.js", content: "module.exports = 1;" },
    {
      path: "package-lock.json",
      content: lock({
        "": { name: "p", version: "1.0.0", dependencies: { left: "file:left" } },
        left: { version: "1.0.0" },
        "node_modules/left": { resolved: "left", link: true },
      }),
    },
  ];

  it("are installed from the lock file, and run no script and no setting of the program", async () => {
    const file = await archive([
      ...packed(`touch ${witness()}`),
      { path: ".npmrc", content: `ignore-scripts=false\ngit=${witness()}\nscript-shell=/bin/sh\n` },
    ]);
    const lines: string[] = [];
    const { folder } = await unpackProgram({ kind: "archive", file, path: "" }, into, {
      log: (line) => lines.push(line),
    });
    expect(existsSync(path.join(folder, "node_modules/left/index.js"))).toBe(true);
    expect(existsSync(witness())).toBe(false);
    expect(lines[0]).toMatch(/npm ci/);
  });

  it("fail with npm's own words when the lock file does not fit", async () => {
    const file = await archive([
      ...packed("true").filter((entry) => entry.path !== "package-lock.json"),
      { path: "package-lock.json", content: lock({ "": { name: "p", version: "1.0.0" } }) },
    ]);
    const failed = unpackProgram({ kind: "archive", file, path: "" }, into);
    await expect(failed).rejects.toMatchObject({
      code: "unprocessable",
      message: expect.stringMatching(/npm ci failed/),
    });
  });
});
