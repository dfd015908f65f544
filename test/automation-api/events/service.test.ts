import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { append, end, read } from "../../../automation-api/events/service.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";
import { makeStack, makeStream } from "./world.ts";

let database: TestDatabase;
let owner: Awaited<ReturnType<typeof makeStack>>;
beforeAll(async () => {
  database = await testDatabase();
  owner = await makeStack(database.db);
});
afterAll(() => database.close());

const log = (line: string) => ({ kind: "log", data: { line } });

describe("append", () => {
  it("numbers a batch in order and returns the numbers", async () => {
    const id = await makeStream(database.db, owner);
    expect(await append(database.db, id, [log("a"), log("b")])).toEqual([1, 2]);
    expect(await append(database.db, id, [log("c")])).toEqual([3]);
    expect(await append(database.db, id, [])).toEqual([]);
    const { events } = await read(database.db, id, 0, 10);
    expect(events.map(({ sequence, kind, data }) => [sequence, kind, data.line])).toEqual([
      [1, "log", "a"],
      [2, "log", "b"],
      [3, "log", "c"],
    ]);
  });

  it("leaves no gap and keeps batches whole when many write at once and some roll back", async () => {
    const id = await makeStream(database.db, owner);
    const writers = Array.from({ length: 30 }, (_, writer) =>
      database.db
        .transaction()
        .execute(async (tx) => {
          await append(tx, id, [log(`${writer}.1`), log(`${writer}.2`), log(`${writer}.3`)]);
          if (writer % 5 === 0) throw new Error("rolled back");
        })
        .catch((error: Error) => expect(error.message).toBe("rolled back")),
    );
    await Promise.all(writers);
    const { events } = await read(database.db, id, 0, 1000);
    expect(events.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 72 }, (_, index) => index + 1),
    );
    for (let index = 0; index < events.length; index += 3) {
      const writer = String(events[index]?.data.line).split(".")[0];
      expect(events.slice(index, index + 3).map(({ data }) => data.line)).toEqual(
        [1, 2, 3].map((part) => `${writer}.${part}`),
      );
    }
  });

  it("is refused once the stream has ended, and for a stream that never was", async () => {
    const id = await makeStream(database.db, owner);
    await append(database.db, id, [log("last")]);
    await end(database.db, id);
    await end(database.db, id);
    await expect(append(database.db, id, [log("late")])).rejects.toMatchObject({ code: "conflict" });
    await expect(append(database.db, "dep_none", [log("x")])).rejects.toMatchObject({ code: "conflict" });
    expect((await read(database.db, id, 0, 10)).events).toHaveLength(1);
  });
});

describe("read", () => {
  it("says when no more will come", async () => {
    const id = await makeStream(database.db, owner);
    await append(database.db, id, [log("a"), log("b")]);
    expect((await read(database.db, id, 0, 10)).complete).toBe(false);
    await end(database.db, id);
    expect((await read(database.db, id, 0, 1)).complete).toBe(false);
    expect((await read(database.db, id, 0, 2)).complete).toBe(true);
    expect(await read(database.db, id, 2, 10)).toEqual({ events: [], complete: true });
    await expect(read(database.db, "dep_none", 0, 10)).rejects.toMatchObject({ code: "not_found" });
  });
});
