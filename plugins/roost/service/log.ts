import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";

/** Appends to a file and starts a new one when it is full; `keep` older parts stay as `.1` (newest), `.2`, … */
export class RotatingLog {
  readonly #path: string;
  #file: number;
  #size: number;
  limits: { maxBytes: number; keep: number };

  constructor(path: string, limits: { maxBytes: number; keep: number }) {
    this.#path = path;
    this.limits = limits;
    this.#file = openSync(path, "a", 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  write(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      const length = planWrite(rest, this.#size, this.limits.maxBytes);
      if (length === 0) {
        this.#rotate();
        continue;
      }
      writeSync(this.#file, rest, 0, length);
      this.#size += length;
      rest = rest.subarray(length);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #rotate(): void {
    closeSync(this.#file);
    const { keep } = this.limits;
    for (let part = keep; part >= 1; part -= 1) {
      const from = part === 1 ? this.#path : `${this.#path}.${part - 1}`;
      if (existsSync(from)) renameSync(from, `${this.#path}.${part}`);
    }
    if (keep === 0) rmSync(this.#path, { force: true });
    this.#file = openSync(this.#path, "a", 0o600);
    this.#size = 0;
  }
}

/**
 * How much of a chunk still goes into a file of this size: whole lines where there are any, so that a line is only
 * ever cut when it alone is longer than a file may be. 0 asks for a new file.
 */
export function planWrite(chunk: Buffer, size: number, maxBytes: number): number {
  const room = maxBytes - size;
  if (chunk.length <= room) return chunk.length;
  const lines = room > 0 ? chunk.lastIndexOf(0x0a, room - 1) + 1 : 0;
  if (lines > 0) return lines;
  return size === 0 ? maxBytes : 0;
}

/** The last lines of a log, for an error message. Empty when there is none. */
export function lastLines(path: string, count = 20, maxBytes = 16_384): string[] {
  if (!existsSync(path)) return [];
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, maxBytes));
    readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString("utf8").trimEnd().split("\n").slice(-count);
  } finally {
    closeSync(file);
  }
}
