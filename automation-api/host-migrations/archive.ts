import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { Header, Parser, Pax, type ReadEntry } from "tar";
import { contentLimits, type Manifest, manifestSchema } from "../../host-provisioning/migrate/index.ts";
import { RoostError } from "../errors.ts";
import type { SigningKey } from "../signing-key.ts";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** First word of an archive, and of what is signed: a signature is good for nothing else. */
const format = "roost-migration/1";
const manifestName = "manifest.json";
const manifestBytes = 16 * 1024 * 1024;
/** Contents, the manifest, and for each file two headers with their padding. */
const tarBytes = contentLimits.bytes + manifestBytes + contentLimits.files * 4096 + 65_536;

export interface Unpacked {
  manifest: Manifest;
  /** By absolute path. */
  contents: Map<string, Buffer>;
}

/** A line with the signature, and below it a gzipped tar as base64: manifest.json, and files under root/. */
export async function pack({ manifest, contents }: Unpacked, key: SigningKey): Promise<string> {
  manifestSchema.parse(manifest);
  const blocks = [
    ...tarEntry(manifestName, Buffer.from(JSON.stringify(manifest, null, 1)), 0o600),
    ...manifest.files.flatMap(({ path, mode }) =>
      tarEntry(`root${path}`, contents.get(path) as Buffer, Number.parseInt(mode, 8)),
    ),
    Buffer.alloc(1024),
  ];
  return seal(await compress(Buffer.concat(blocks)), key);
}

/** Signs what is there, whatever it is. */
export function seal(body: Buffer, key: SigningKey): string {
  const signature = key.sign(signed(body)).toString("base64");
  const lines = body.toString("base64").replaceAll(/.{1,100}/g, "$&\n");
  return `${format} ${key.id} ${signature}\n${lines}`;
}

/**
 * Reads an archive; nothing of it is looked at before its signature holds.
 * @throws invalid naming the field `archive`.
 */
export async function unpack(text: string, key: SigningKey): Promise<Unpacked> {
  const body = open(text, key);
  const tar = await decompress(body, { maxOutputLength: tarBytes }).catch((cause) => {
    throw refused("its compression is damaged, or it unpacks to too much", cause);
  });
  const entries = readEntries(tar);
  const head = entries.get(manifestName);
  entries.delete(manifestName);
  if (!head) throw refused("it has no manifest.json");
  const manifest = readManifest(head);
  const contents = new Map<string, Buffer>();
  for (const { path, sha256, bytes } of manifest.files) {
    const found = entries.get(`root${path}`);
    if (!found || found.length !== bytes || createHash("sha256").update(found).digest("hex") !== sha256)
      throw refused(`${path} is not in it as its manifest says`);
    contents.set(path, found);
  }
  if (contents.size !== entries.size || contents.size !== manifest.files.length)
    throw refused("it holds files that its manifest does not name");
  return { manifest, contents };
}

function open(text: string, key: SigningKey): Buffer {
  const end = text.indexOf("\n");
  const [, id, signature = ""] =
    /^roost-migration\/1 ([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)$/.exec(text.slice(0, Math.max(0, end))) ?? [];
  if (id === undefined) throw refused("it does not begin as one");
  if (id !== key.id) throw refused(`it was signed by another installation, with the key ${id}`);
  const lines = text.slice(end + 1);
  if (!/^[A-Za-z0-9+/=\n]*$/.test(lines)) throw refused("it has signs that are none of base64");
  const body = Buffer.from(lines, "base64");
  if (!key.verify(signed(body), Buffer.from(signature, "base64")))
    throw refused("its signature does not hold: it is damaged, or somebody has changed it");
  return body;
}

const signed = (body: Buffer) => Buffer.concat([Buffer.from(`${format}\n`), body]);

/** Plain files alone: no folder, link, device or path that leads out, and none twice. */
function readEntries(tar: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  let fault: string | undefined;
  const take = (entry: ReadEntry) => {
    const { path, type, size } = entry;
    fault ??= entryFault(path, type, size, found);
    if (fault !== undefined) return entry.resume();
    const chunks: Buffer[] = [];
    found.set(path, Buffer.alloc(0));
    entry.on("data", (chunk) => chunks.push(chunk));
    entry.on("end", () => found.set(path, Buffer.concat(chunks)));
  };
  // A second layer of compression would be opened by the parser itself.
  const isPlain = tar.length >= 1024 && tar.subarray(257, 262).toString("latin1") === "ustar";
  if (!isPlain) throw refused("it is no tar file");
  const parser = new Parser({ strict: true, onReadEntry: take });
  parser.on("error", (error) => {
    fault ??= `it is no sound tar file (${(error as Error).message})`;
  });
  parser.end(tar);
  if (fault !== undefined) throw refused(fault);
  return found;
}

function entryFault(
  path: string,
  type: string,
  size: number,
  found: ReadonlyMap<string, Buffer>,
): string | undefined {
  if (type !== "File") return `${path} is a ${type}, and not a file`;
  const isOwn = path === manifestName || /^root(\/[^/\p{Cc}]+)+$/u.test(path);
  if (!isOwn || path.split("/").some((part) => part === ".." || part === "."))
    return `the path ${path} is none of an archive`;
  if (found.has(path)) return `${path} is in it twice`;
  if (found.size > contentLimits.files) return `it has more than ${contentLimits.files} files`;
  const most = path === manifestName ? manifestBytes : contentLimits.fileBytes;
  return size > most ? `${path} is larger than ${most} bytes` : undefined;
}

function readManifest(bytes: Buffer): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw refused("its manifest is no JSON", cause);
  }
  const { data, error } = manifestSchema.safeParse(value);
  if (!data) throw refused(`its manifest does not fit: ${error.issues[0]?.path.join(".")}`, error);
  return data;
}

/** Header, content and padding; a long path has a header of its own in front. */
function tarEntry(path: string, content: Buffer, mode: number): Buffer[] {
  const header = new Header({
    path,
    mode,
    size: content.length,
    type: "File",
    mtime: new Date(0),
    uid: 0,
    gid: 0,
  });
  const isLong = header.encode();
  const before = isLong ? [new Pax({ path, size: content.length }).encode()] : [];
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return [...before, header.block as Buffer, content, padding];
}

function refused(why: string, cause?: unknown): RoostError {
  return new RoostError("invalid", `The archive is refused: ${why}.`, {
    faults: [{ field: "archive", message: why }],
    cause,
  });
}
