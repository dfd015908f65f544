import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { type EmbeddedDatabase, startEmbedded } from "../../../automation-api/db/embedded.ts";

let folder: string;
let embedded: EmbeddedDatabase;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "roost-embedded-"));
  await chmod(folder, 0o711);
  embedded = await startEmbedded({ folder });
});

afterAll(async () => {
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
});

async function query(sql: string, connection = embedded.connection): Promise<Record<string, unknown>> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query(sql)).rows[0] ?? {};
  } finally {
    await client.end();
  }
}

describe("the embedded PostgreSQL", () => {
  it("is durable, listens on no TCP port and wants its password", async () => {
    expect(await query("SHOW fsync")).toEqual({ fsync: "on" });
    expect(await query("SHOW synchronous_commit")).toEqual({ synchronous_commit: "on" });
    expect(await query("SHOW listen_addresses")).toEqual({ listen_addresses: "" });
    await expect(query("SELECT 1", { ...embedded.connection, password: "wrong" })).rejects.toThrow(
      "password",
    );
  });

  it("keeps socket folder and password to its owner", async () => {
    expect((await stat(String(embedded.connection.host))).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(embedded.folder, "password"))).mode & 0o777).toBe(0o600);
  });

  it("is adopted when only its owner has gone", async () => {
    const before = await embedded.processId();
    await embedded.release();
    embedded = await startEmbedded({ folder });
    expect(embedded.adopted).toBe(true);
    expect(await embedded.processId()).toBe(before);
  });

  it("is back within 5 s after kill -9, with what was committed", async () => {
    await query("CREATE TABLE kept AS SELECT 42 AS value");
    process.kill((await embedded.processId()) as number, "SIGKILL");
    const deadline = Date.now() + 5_000;
    let found: unknown;
    while (found === undefined && Date.now() < deadline) {
      found = await query("SELECT value FROM kept").then(
        (row) => row.value,
        () => wait(50).then(() => undefined),
      );
    }
    expect(found).toBe(42);
  });
});
