import { once } from "node:events";
import pg from "pg";

/** Bytes of rows that wait for the reader before the server is told to wait. */
const mostWaitingBytes = 4 * 1024 * 1024;

/** The part of a driver connection that COPY needs beyond its type declarations. */
type CopyConnection = pg.Connection & {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(why: string): void;
};

/** Name of a column or table for SQL text. */
export const quoted = (name: string) => pg.escapeIdentifier(name);

/**
 * `COPY … TO STDOUT`: the rows in PostgreSQL's text form, in pieces, no faster than they are read.
 * @param onEnd told how many rows there were.
 */
export async function* copyOut(
  client: pg.ClientBase,
  statement: string,
  onEnd: (rows: number) => void,
): AsyncGenerator<Buffer> {
  const query = new CopyOutQuery(statement);
  client.query(query);
  try {
    for (let piece = await query.next(); piece; piece = await query.next()) yield piece;
    onEnd(query.rowCount);
  } finally {
    query.abandon();
  }
}

/**
 * `COPY … FROM STDIN`. When `source` throws, the statement is ended with a
 * failure and the error comes out here.
 * @returns how many rows were written.
 */
export async function copyIn(
  client: pg.ClientBase,
  statement: string,
  source: AsyncIterable<Buffer>,
): Promise<number> {
  const query = new CopyInQuery(statement);
  client.query(query);
  return query.send(source);
}

/** What the driver calls on a query object, with nothing done for what COPY does not use. */
abstract class CopyQuery implements pg.Submittable {
  readonly #statement: string;
  protected connection: CopyConnection | undefined;
  protected error: Error | undefined;
  rowCount = 0;

  constructor(statement: string) {
    this.#statement = statement;
  }

  submit(connection: pg.Connection): void {
    this.connection = connection as CopyConnection;
    connection.query(this.#statement);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.rowCount = Number(text.split(" ").at(-1));
  }

  handleError(error: Error): void {
    this.error ??= error;
    this.settled();
  }

  handleReadyForQuery(): void {
    this.settled();
  }

  handleCopyInResponse(connection: pg.Connection): void {
    (connection as CopyConnection).sendCopyFail("This statement was to read.");
  }

  handleCopyData(_message: { chunk: Buffer }): void {}

  protected abstract settled(): void;
}

class CopyOutQuery extends CopyQuery {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #abandoned = false;
  #wake = () => {};

  async next(): Promise<Buffer | undefined> {
    while (this.#pieces.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.error) throw this.error;
    if (this.#pieces.length === 0) return undefined;
    const piece = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    this.connection?.stream.resume();
    return piece;
  }

  /** What still comes is let through, so that the connection can be used again. */
  abandon(): void {
    this.#abandoned = true;
    this.connection?.stream.resume();
  }

  override handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.#abandoned) return;
    // The driver reads the next message into the same memory.
    this.#pieces.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    if (this.#bytes > mostWaitingBytes) this.connection?.stream.pause();
    this.#wake();
  }

  protected settled(): void {
    this.#ended = true;
    this.#wake();
  }
}

class CopyInQuery extends CopyQuery {
  readonly #ready = Promise.withResolvers<void>();
  readonly #done = Promise.withResolvers<void>();
  #over = false;

  async send(source: AsyncIterable<Buffer>): Promise<number> {
    await Promise.race([this.#ready.promise, this.#done.promise]);
    const fault = this.#over ? undefined : await this.#sendAll(source);
    await this.#done.promise;
    if (fault) throw fault.error;
    if (this.error) throw this.error;
    return this.rowCount;
  }

  override handleCopyInResponse(): void {
    this.#ready.resolve();
  }

  /** An error of the server ends the sending; what `source` threw is handed back, since the server's own follows. */
  async #sendAll(source: AsyncIterable<Buffer>): Promise<{ error: unknown } | undefined> {
    const connection = this.connection as CopyConnection;
    try {
      for await (const piece of source) {
        if (this.#over) return undefined;
        connection.sendCopyFromChunk(piece);
        if (connection.stream.writableNeedDrain) {
          await Promise.race([once(connection.stream, "drain"), this.#done.promise]);
        }
      }
      connection.endCopyFrom();
      return undefined;
    } catch (error) {
      connection.sendCopyFail("The source of the rows failed.");
      return { error };
    }
  }

  protected settled(): void {
    this.#over = true;
    this.#done.resolve();
  }
}
