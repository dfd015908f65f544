import type { S3Client } from "@aws-sdk/client-s3";
import { RoostError } from "../../errors.ts";
import type { StoredObject, Swap, SyncStore } from "../store.ts";

export interface S3StoreOptions {
  bucket: string;
  /** Put before each key; empty, or with a slash at its end. */
  prefix: string;
  region: string;
  /** Of a store that is not Amazon's. */
  endpoint?: string;
}

/**
 * A bucket of an S3-compatible store that honours If-Match and If-None-Match on PutObject
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 * Credentials come from the SDK's default chain.
 */
export class S3Store implements SyncStore {
  readonly #options: S3StoreOptions;
  #client?: Promise<S3Client>;

  constructor(options: S3StoreOptions) {
    this.#options = options;
  }

  async read(key: string): Promise<StoredObject | undefined> {
    const { GetObjectCommand } = await sdk();
    const found = await this.#ask(async (client) => {
      const reply = await client.send(new GetObjectCommand(this.#at(key)));
      return { text: (await reply.Body?.transformToString("utf8")) ?? "", tag: reply.ETag ?? "" };
    });
    return found === "absent" || found === "refused" ? undefined : found;
  }

  async swap({ key, text, tag, with: others, without }: Swap): Promise<boolean> {
    const { PutObjectCommand, DeleteObjectCommand } = await sdk();
    for (const [name, content] of Object.entries(others)) {
      await this.#ask((client) => client.send(new PutObjectCommand({ ...this.#at(name), Body: content })));
    }
    const condition = tag === null ? { IfNoneMatch: "*" } : { IfMatch: tag };
    const put = await this.#ask((client) =>
      client.send(new PutObjectCommand({ ...this.#at(key), ...condition, Body: text })),
    );
    if (put === "absent" || put === "refused") return false;
    for (const name of without) {
      await this.#ask((client) => client.send(new DeleteObjectCommand(this.#at(name))));
    }
    return true;
  }

  #at(key: string) {
    return { Bucket: this.#options.bucket, Key: `${this.#options.prefix}${key}` };
  }

  /** @returns `refused` where a condition does not hold (412), or another write is under way (409). */
  async #ask<T>(work: (client: S3Client) => Promise<T>): Promise<T | "absent" | "refused"> {
    const { region, endpoint } = this.#options;
    this.#client ??= sdk().then(
      // Buckets by path: a store of one's own has no name for each of them.
      ({ S3Client }) => new S3Client({ region, endpoint, forcePathStyle: endpoint !== undefined }),
    );
    try {
      return await work(await this.#client);
    } catch (error) {
      const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
      if (name === "NoSuchKey") return "absent";
      if ($metadata?.httpStatusCode === 412 || name === "ConditionalRequestConflict") return "refused";
      throw new RoostError("unavailable", "The store of shells cannot be used now.", { cause: error });
    }
  }
}

/** Half a second of imports that only who uses such a store pays. */
const sdk = () => import("@aws-sdk/client-s3");
