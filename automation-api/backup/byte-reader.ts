/** Reads exact lengths from a stream of chunks of any size. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, or undefined when the stream ends before all of them came. */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.#length < length) if (!(await this.#fill())) return undefined;
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const rest = all.subarray(length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return all.subarray(0, length);
  }

  /** Everything up to the end of the stream. */
  async rest(): Promise<Buffer> {
    while (await this.#fill());
    return (await this.take(this.#length)) ?? Buffer.alloc(0);
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#length === 0) if (!(await this.#fill())) return true;
    return false;
  }

  async #fill(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done) return false;
    this.#chunks.push(next.value);
    this.#length += next.value.length;
    return true;
  }
}
