import { gzipSync } from "node:zlib";
import { Header } from "tar";

export interface TarEntry {
  path: string;
  type?: "File" | "Directory" | "SymbolicLink" | "Link" | "CharacterDevice" | "FIFO";
  content?: string | Buffer;
  linkpath?: string;
  mode?: number;
  /** Size that the header claims, when it is to lie. */
  size?: number;
}

/** A tar with exactly these entries, however wrong they are. */
export function makeTar(entries: TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = "File", content = "", linkpath, mode = 0o644, size }) => {
    const body = Buffer.from(content);
    const header = new Header({ path, type, linkpath, mode, size: size ?? body.length, mtime: new Date(0) });
    const block = Buffer.alloc(512);
    header.encode(block);
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function makeTarGz(entries: TarEntry[]): Buffer {
  return gzipSync(makeTar(entries));
}
