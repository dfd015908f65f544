import { type FileHandle, open } from "node:fs/promises";
import type { Tracker, TrackerEntry } from "../../host-provisioning/security/index.ts";

const chunkBytes = 1024 * 1024;
const [quote, backslash, opening, closing] = [...Buffer.from('"\\{}')] as [number, number, number, number];

interface Index {
  /** Tells whether the file is still the one that was read. */
  mark: string;
  /** Where each source's object begins and how long it is. */
  places: Map<string, { at: number; bytes: number }>;
}

/**
 * The Debian security tracker's data as its operator fetched it: one object of some 70 MB. It is read through once,
 * to know where each source package stands; after that only what a host has packages of is read.
 * @see https://security-tracker.debian.org/tracker/data/json
 */
export class TrackerFile {
  readonly #path: string;
  #index: Promise<Index> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** What is known of these sources. @throws when the file is not there or is no such data. */
  async read(sources: Iterable<string>): Promise<Tracker> {
    const file = await open(this.#path);
    try {
      const { mtime, mtimeMs, size, ino } = await file.stat();
      const mark = `${ino} ${size} ${mtimeMs}`;
      const known = await this.#index?.catch(() => undefined);
      if (known?.mark !== mark) {
        this.#index = indexOf(file, mark);
        this.#index.catch(() => undefined);
      }
      const { places } = await (this.#index as Promise<Index>);
      const entries = new Map<string, TrackerEntry>();
      for (const source of sources) {
        const place = places.get(source);
        if (!place) continue;
        const { buffer } = await file.read(Buffer.alloc(place.bytes), 0, place.bytes, place.at);
        entries.set(source, JSON.parse(buffer.toString("utf8")) as TrackerEntry);
      }
      return { dataFrom: mtime, entries };
    } finally {
      await file.close();
    }
  }
}

/** Names at the first level and where their objects are. Braces within texts are none. */
async function indexOf(file: FileHandle, mark: string): Promise<Index> {
  const places: Index["places"] = new Map();
  const buffer = Buffer.alloc(chunkBytes);
  let [depth, inText, escaped, at, begun] = [0, false, false, 0, 0];
  let name: number[] = [];
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, at);
    if (bytesRead === 0) break;
    for (let index = 0; index < bytesRead; index++) {
      const byte = buffer[index] as number;
      if (inText) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inText = false;
        if (inText && depth === 1) name.push(byte);
      } else if (byte === quote) {
        inText = true;
        if (depth === 1) name = [];
      } else if (byte === opening) {
        depth++;
        if (depth === 2) begun = at + index;
      } else if (byte === closing) {
        depth--;
        if (depth === 1)
          places.set(Buffer.from(name).toString(), { at: begun, bytes: at + index + 1 - begun });
      }
    }
    at += bytesRead;
  }
  if (depth !== 0 || places.size === 0)
    throw new Error("It is no data of the Debian security tracker, or cut.");
  return { mark, places };
}
