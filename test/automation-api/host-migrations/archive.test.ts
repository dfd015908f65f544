import { createHash, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { Header } from "tar";
import { pack, seal, unpack } from "../../../automation-api/host-migrations/archive.ts";
import { signingKeyOf } from "../../../automation-api/signing-key.ts";
import type { Manifest } from "../../../host-provisioning/migrate/index.ts";

const key = signingKeyOf(Buffer.alloc(32, 1), "migration");
const text = Buffer.from("KEYMAP=de\n");
const long = `/etc/cron.d/${"a".repeat(120)}`;
const binary = randomBytes(2000);
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const file = (path: string, part: "conffiles" | "crontabs", bytes: Buffer) => ({
  ...{ path, part, mode: "644", owner: "root", group: "root", package: null },
  ...{ sha256: sha256(bytes), bytes: bytes.length },
});
const manifest: Manifest = {
  format: 1,
  madeAt: "2026-01-01T00:00:00.000Z",
  host: { id: "hst_1", name: "old", distribution: "debian", codename: "bookworm", architecture: "amd64" },
  packages: [{ name: "nginx", architecture: "amd64", version: "1.22-1", manual: true, hold: false }],
  files: [file("/etc/vconsole.conf", "conffiles", text), file(long, "crontabs", binary)],
  users: [],
  groups: [],
  units: [],
  passwords: null,
};
const contents = new Map([
  ["/etc/vconsole.conf", text],
  [long, binary],
]);
const entry = (
  path: string,
  type: "File" | "SymbolicLink" | "Link" | "CharacterDevice" | "Directory",
  body = "",
) => {
  const header = new Header({
    path,
    type,
    mode: 0o644,
    size: body.length,
    mtime: new Date(0),
    ...(type.endsWith("Link") && { linkpath: "/etc/shadow" }),
  });
  header.encode();
  return Buffer.concat([
    header.block as Buffer,
    Buffer.from(body.padEnd(Math.ceil(body.length / 512) * 512, "\0")),
  ]);
};
const tarOf = (...blocks: Buffer[]) => seal(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])), key);
const withManifest = (change: object, ...blocks: Buffer[]) =>
  tarOf(entry("manifest.json", "File", JSON.stringify({ ...manifest, files: [], ...change })), ...blocks);

describe("an archive of a host", () => {
  it("comes back as it was packed, long names and binary content too", async () => {
    const packed = await pack({ manifest, contents }, key);
    const found = await unpack(packed, key);
    expect(found.manifest).toEqual(manifest);
    expect([...found.contents]).toEqual([...contents]);
    // Every tar reads it.
    const body = Buffer.from(packed.slice(packed.indexOf("\n")), "base64");
    expect(gunzipSync(body).includes("root/etc/vconsole.conf")).toBe(true);
  });

  it("is refused as soon as one byte of it is another, wherever it is", async () => {
    const packed = await pack({ manifest, contents }, key);
    for (let turn = 0; turn < 60; turn++) {
      const at = Math.floor((turn / 60) * packed.length);
      const other = packed[at] === "x" ? "y" : "x";
      const changed = packed.slice(0, at) + other + packed.slice(at + 1);
      await expect(unpack(changed, key)).rejects.toMatchObject({
        code: "invalid",
        faults: [{ field: "archive" }],
      });
    }
    await expect(unpack(packed.slice(0, -5), key)).rejects.toMatchObject({ code: "invalid" });
  });

  it("is refused when another installation signed it, or the same key for something else", async () => {
    const other = signingKeyOf(Buffer.alloc(32, 2), "migration");
    const foreign = await pack({ manifest, contents }, other);
    await expect(unpack(foreign, key)).rejects.toThrow(/another installation/);
    const body = gzipSync(entry("manifest.json", "File", "{}"));
    const bare = `roost-migration/1 ${key.id} ${key.sign(body).toString("base64")}\n${body.toString("base64")}\n`;
    await expect(unpack(bare, key)).rejects.toThrow(/signature does not hold/);
  });

  const bomb = () => seal(gzipSync(Buffer.alloc(64 * 1024 * 1024)), key);
  it.each<[string, () => string, RegExp]>([
    ["a link", () => withManifest({}, entry("root/etc/x", "SymbolicLink")), /SymbolicLink/],
    ["a hard link", () => withManifest({}, entry("root/etc/x", "Link")), /Link/],
    ["a device", () => withManifest({}, entry("root/etc/x", "CharacterDevice")), /CharacterDevice/],
    ["a folder", () => withManifest({}, entry("root/etc", "Directory")), /Directory/],
    ["an absolute path", () => withManifest({}, entry("/etc/passwd", "File", "x")), /none of an archive/],
    [
      "a path that leads out",
      () => withManifest({}, entry("root/../etc/x", "File", "x")),
      /none of an archive/,
    ],
    [
      "a file that it does not name",
      () => withManifest({}, entry("root/etc/x", "File", "x")),
      /does not name/,
    ],
    [
      "a file twice",
      () => withManifest({}, entry("root/etc/x", "File", "x"), entry("root/etc/x", "File", "y")),
      /twice/,
    ],
    ["a file that is not there", () => withManifest({ files: manifest.files }), /not in it/],
    ["no manifest", () => tarOf(entry("root/etc/x", "File", "x")), /no manifest/],
    ["a manifest that is none", () => tarOf(entry("manifest.json", "File", "{")), /no JSON/],
    [
      "a place that is no part's",
      () => withManifest({ files: [file("/root/.profile", "crontabs", text)] }),
      /does not fit/,
    ],
    ["a user of the system", () => withManifest({ users: [{ name: "root", uid: 0 }] }), /does not fit/],
    ["another compression inside", () => seal(gzipSync(gzipSync(Buffer.alloc(2000))), key), /no tar file/],
    ["more than it may unpack to", bomb, /too much/],
    ["no tar", () => seal(Buffer.from("hello"), key), /compression/],
    ["nothing", () => "", /does not begin/],
  ])("is refused with %s, though its signature holds", async (_what, make, message) => {
    await expect(unpack(make(), key)).rejects.toThrow(message);
  });
});
