import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { inspectArchive, unpackArchive } from "../../../automation-api/programs/archive.ts";
import { makeTar, makeTarGz, type TarEntry } from "./tarball.ts";

const limits = { bytes: 1_000_000, entries: 100, pathBytes: 200 };
const good: TarEntry[] = [
  { path: "Pulumi.yaml", content: "name: web\nruntime: nodejs\n" },
  { path: "src", type: "Directory", mode: 0o755 },
  { path: "src/index.js", content: "export {}\n", mode: 0o6755 },
  { path: "src/main.js", type: "SymbolicLink", linkpath: "index.js" },
  { path: "src/up", type: "SymbolicLink", linkpath: "../Pulumi.yaml" },
  { path: "copy.yaml", type: "Link", linkpath: "Pulumi.yaml" },
];

const bad: [name: string, entries: TarEntry[], message: RegExp][] = [
  ["a path that climbs", [{ path: "../evil", content: "x" }], /leads out by \.\./],
  ["a path that climbs inside", [{ path: "a/../../evil", content: "x" }], /leads out by \.\./],
  ["an absolute path", [{ path: "/tmp/evil", content: "x" }], /absolute/],
  ["a drive", [{ path: "C:/evil", content: "x" }], /absolute/],
  ["a backslash", [{ path: "a\\..\\evil", content: "x" }], /backslash/],
  ["a symbolic link out", [{ path: "l", type: "SymbolicLink", linkpath: "../x" }], /link l leads out/],
  ["an absolute link", [{ path: "l", type: "SymbolicLink", linkpath: "/etc/passwd" }], /link l leads out/],
  ["a deep link out", [{ path: "a/b/l", type: "SymbolicLink", linkpath: "../../../x" }], /leads out/],
  ["a hard link out", [{ path: "l", type: "Link", linkpath: "../x" }], /link l leads out/],
  ["an absolute hard link", [{ path: "l", type: "Link", linkpath: "/etc/passwd" }], /leads out/],
  ["a device", [{ path: "d", type: "CharacterDevice" }], /CharacterDevice/],
  ["a pipe", [{ path: "p", type: "FIFO" }], /FIFO/],
  ["a long path", [{ path: `${"x".repeat(120)}/${"y".repeat(90)}`, content: "x" }], /longer than 200/],
  ["too many entries", Array.from({ length: 101 }, (_, n) => ({ path: `f${n}` })), /more than 100 entries/],
  ["too many bytes", [{ path: "big", content: Buffer.alloc(1_000_001) }], /more than 1000000 bytes/],
  ["a header that lies", [{ path: "big", size: 5_000_000_000 }], /more than 1000000 bytes/],
  [
    "a write through a link",
    [
      { path: "l", type: "SymbolicLink", linkpath: "src" },
      { path: "src", type: "Directory" },
      { path: "l/file", content: "x" },
    ],
    /l\/file|l: |symbolic link/,
  ],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "archive-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function unpacked(bytes: Buffer): Promise<string> {
  const place = await mkdtemp(path.join(folder, "place-"));
  const file = `${place}.tar`;
  await writeFile(file, bytes);
  await unpackArchive(file, place, { limits });
  return place;
}

describe("a sound archive", () => {
  it("is read to its end, with its manifest", async () => {
    const contents = await inspectArchive(makeTarGz(good), limits);
    expect(contents).toEqual({ entries: 6, manifest: "name: web\nruntime: nodejs\n" });
    const dotted = await inspectArchive(makeTarGz([{ path: "./Pulumi.yaml", content: "name: x" }]), limits);
    expect(dotted.manifest).toBe("name: x");
  });

  it.each([
    ["plain", makeTar(good)],
    ["gzipped", makeTarGz(good)],
  ])("is unpacked (%s), without special modes and owners", async (_name, bytes) => {
    const place = await unpacked(bytes);
    expect((await readdir(place)).sort()).toEqual(["Pulumi.yaml", "copy.yaml", "src"]);
    expect(await readFile(path.join(place, "src/up"), "utf8")).toContain("runtime: nodejs");
    const { mode, uid } = await lstat(path.join(place, "src/index.js"));
    expect(mode & 0o7000).toBe(0);
    expect(uid).toBe(process.getuid?.());
  });
});

describe("a dangerous archive is refused when it is uploaded and when it is unpacked:", () => {
  it.each(bad)("%s", async (name, entries, message) => {
    // What only the file system can tell is left to unpacking.
    if (name !== "a write through a link") {
      await expect(inspectArchive(makeTarGz(entries), limits)).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(message),
      });
    }
    await expect(unpacked(makeTarGz(entries))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(message),
    });
  });

  it("leaves nothing outside of its folder", async () => {
    await expect(unpacked(makeTar([{ path: "../evil", content: "x" }]))).rejects.toThrow();
    expect((await readdir(folder)).filter((name) => name === "evil")).toEqual([]);
  });
});

describe("what is no archive", () => {
  it.each([
    ["not gzipped", makeTar(good), /not gzipped/],
    ["text", Buffer.from("hello"), /not gzipped/],
    ["nothing", Buffer.alloc(0), /not gzipped/],
    ["gzip of text", gzipSync("hello ".repeat(500)), /no sound tar file|tar/i],
    ["cut off", makeTarGz(good).subarray(0, 150), /damaged/],
    ["compressed twice", gzipSync(makeTarGz(good)), /more than once/],
    ["damaged", Buffer.concat([makeTarGz(good).subarray(0, 60), Buffer.alloc(200, 7)]), /damaged/],
  ])("is refused: %s", async (_name, bytes, message) => {
    await expect(inspectArchive(bytes, limits)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(message),
    });
  });

  it("is stopped while it streams when it is a bomb", async () => {
    // 60 MB of zeros in 60 KB: behind the end of a tar, and as the content of a file.
    const zeros = Buffer.alloc(60_000_000);
    const before = process.memoryUsage().rss;
    const tail = gzipSync(Buffer.concat([makeTar(good), zeros]));
    await expect(inspectArchive(tail, limits)).rejects.toMatchObject({ code: "invalid" });
    const inside = gzipSync(makeTar([{ path: "zeros", content: zeros }]));
    await expect(inspectArchive(inside, limits)).rejects.toMatchObject({ code: "invalid" });
    expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
  });
});
