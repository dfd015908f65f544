import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { copyFile } from "../../../plugins/command/copy-file.ts";
import { copyToRemote } from "../../../plugins/command/copy-to-remote.ts";
import {
  assetArchive,
  fileAsset,
  type Properties,
  textAsset,
  type Value,
} from "../../../plugins/provider/index.ts";
import { archiveSignature, signatureKey } from "../../../plugins/provider/values.ts";
import { labOf } from "./lab.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "./sshd.ts";

const suite = reasonWithoutSshd() ? describe.skip : describe;

const fileArchive = (path: string): Value => ({ [signatureKey]: archiveSignature, path });

/** Every file below a folder with its content. */
async function treeOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (path) => [path.slice(folder.length + 1), await readFile(path, "utf8")]);
  return Object.fromEntries(await Promise.all(read));
}

suite("copying to a host", () => {
  let sshd: Sshd;
  let local: string;
  let remote: string;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());
  beforeEach(async () => {
    local = await mkdtemp(join(tmpdir(), "copy-local-"));
    remote = await mkdtemp(join(tmpdir(), "copy-remote-"));
    await mkdir(join(local, "site/deep/empty"), { recursive: true });
    await writeFile(join(local, "site/index.html"), "page");
    await writeFile(join(local, "site/deep/style.css"), "style");
  });
  afterEach(async () => {
    await rm(local, { recursive: true });
    await rm(remote, { recursive: true });
  });

  const copy = (source: Value, remotePath: string): Promise<unknown> => {
    const inputs: Properties = { connection: sshd.connection, source, remotePath };
    return copyToRemote.create(labOf(inputs).context, { inputs });
  };

  it.each<[string, () => Value, string, Record<string, string>]>([
    ["a text to a new path", () => textAsset("hello"), "new/folder/file", { "new/folder/file": "hello" }],
    ["a file to a new path", () => fileAsset(join(local, "site/index.html")), "a/page", { "a/page": "page" }],
    ["a file into a folder", () => fileAsset(join(local, "site/index.html")), "", { "index.html": "page" }],
    [
      "a folder as itself",
      () => fileArchive(join(local, "site")),
      "to",
      { "to/site/index.html": "page", "to/site/deep/style.css": "style" },
    ],
    [
      "what a folder holds, named with a slash",
      () => fileArchive(`${join(local, "site")}/`),
      "to",
      { "to/index.html": "page", "to/deep/style.css": "style" },
    ],
    [
      "an archive of assets and archives",
      () =>
        assetArchive({
          "one.txt": textAsset("1"),
          "deep/two.txt": fileAsset(join(local, "site/index.html")),
          all: fileArchive(`${join(local, "site")}/`),
        }),
      "to",
      {
        "to/one.txt": "1",
        "to/deep/two.txt": "page",
        "to/all/index.html": "page",
        "to/all/deep/style.css": "style",
      },
    ],
  ])("copies %s", async (_, source, target, expected) => {
    await copy(source(), join(remote, target));
    expect(await treeOf(remote)).toEqual(expected);
  });

  it("overwrites a file, and says what is in the way of a folder", async () => {
    const path = join(remote, "file");
    await copy(textAsset("a longer text"), path);
    await copy(textAsset("short"), path);
    expect(await readFile(path, "utf8")).toBe("short");
    await expect(copy(fileArchive(`${join(local, "site")}/`), path)).rejects.toThrow(
      /exists on the host and is not a folder/,
    );
  });

  it("copies again for another content or place, and not for another connection alone", async () => {
    const source = (text: string): Value => ({ ...(textAsset(text) as object), hash: `hash of ${text}` });
    const state: Properties = {
      connection: sshd.connection,
      source: source("one"),
      remotePath: join(remote, "a"),
    };
    const update = async (changes: Properties): Promise<number> => {
      const inputs = { ...state, ...changes };
      const before = sshd.accepted();
      await copyToRemote.update!(labOf(inputs).context, { id: "1", inputs, oldInputs: state, state });
      return sshd.accepted() - before;
    };
    expect(await update({ connection: { ...sshd.connection, privateKey: sshd.keys.rsa } })).toBe(0);
    expect(await update({ source: source("two") })).toBe(1);
    expect(await update({ remotePath: join(remote, "b") })).toBe(1);
    expect(await treeOf(remote)).toEqual({ a: "two", b: "one" });
  });

  it("CopyFile copies one file to exactly its path, and each change replaces it", async () => {
    const inputs = {
      connection: sshd.connection,
      localPath: join(local, "site/index.html"),
      remotePath: join(remote, "exact"),
    };
    const { id } = await copyFile.create(labOf(inputs).context, { inputs });
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(await treeOf(remote)).toEqual({ exact: "page" });
    expect(copyFile.update).toBeUndefined();
  });

  it("ends with an error when the local file is missing, and when the host refuses", async () => {
    await expect(copy(fileAsset(join(local, "nowhere")), join(remote, "a"))).rejects.toThrow(/nowhere/);
    await expect(copy(textAsset("x"), "/proc/nowhere/file")).rejects.toThrow(/proc/);
  });
});
