import { posix } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client, SFTPWrapper, Stats } from "ssh2";

/** Status code of the protocol for a file that is not there. */
const noSuchFile = 2;

/** File transfer over one connection, with folders made on the way. */
export class RemoteFiles {
  readonly #sftp: SFTPWrapper;

  private constructor(sftp: SFTPWrapper) {
    this.#sftp = sftp;
  }

  static open(client: Client): Promise<RemoteFiles> {
    return new Promise((resolve, reject) => {
      client.sftp((error, sftp) => (error ? reject(error) : resolve(new RemoteFiles(sftp))));
    });
  }

  /** What is at a path, links followed. */
  async kindOf(path: string): Promise<"folder" | "file" | "nothing"> {
    const stats = await new Promise<Stats | undefined>((resolve, reject) => {
      this.#sftp.stat(path, (error, found) => {
        if (!error) resolve(found);
        else if ((error as { code?: unknown }).code === noSuchFile) resolve(undefined);
        else reject(new Error(`${path}: ${error.message}`));
      });
    });
    if (stats === undefined) return "nothing";
    return stats.isDirectory() ? "folder" : "file";
  }

  async makeFolder(path: string): Promise<void> {
    const kind = await this.kindOf(path);
    if (kind === "folder") return;
    if (kind === "file") throw new Error(`${path} exists on the host and is not a folder`);
    const parent = posix.dirname(path);
    if (parent !== path) await this.makeFolder(parent);
    await new Promise<void>((resolve, reject) => {
      this.#sftp.mkdir(path, (error) => (error ? reject(new Error(`${path}: ${error.message}`)) : resolve()));
    });
  }

  /** Writes a file, over one that is there. */
  async write(path: string, content: Readable): Promise<void> {
    await pipeline(content, this.#sftp.createWriteStream(path));
  }
}
