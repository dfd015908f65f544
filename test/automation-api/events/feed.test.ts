import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Notices } from "../../../automation-api/db/notify.ts";
import type { Db } from "../../../automation-api/db/transaction.ts";
import { append, EventFeed, end } from "../../../automation-api/events/service.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";
import { makeStack, makeStream } from "./world.ts";

let database: TestDatabase;
let notices: Notices;
let owner: Awaited<ReturnType<typeof makeStack>>;
let reads = 0;
/** The database with each SELECT of the feed counted. */
let counted: Db;
beforeAll(async () => {
  database = await testDatabase();
  owner = await makeStack(database.db);
  notices = new Notices(database);
  notices.start();
  counted = database.db.withPlugin({
    transformQuery({ node }) {
      reads += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
});
afterAll(async () => {
  await notices.close();
  await database.close();
});

const log = (line: string) => ({ kind: "log", data: { line } });
const never = new AbortController().signal;

async function collect(feed: EventFeed, id: string, after = 0, signal = never): Promise<number[]> {
  const seen: number[] = [];
  for await (const { sequence } of feed.follow(id, after, signal)) seen.push(sequence);
  return seen;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5);
}

describe("EventFeed", () => {
  it("gives what was there, then what comes, each once, and ends with the stream", async () => {
    const feed = new EventFeed(database.db, notices);
    const id = await makeStream(database.db, owner);
    await append(database.db, id, [log("a"), log("b")]);
    const following = collect(feed, id);
    const late = collect(feed, id, 2);
    await until(() => feed.followers === 2);
    await append(database.db, id, [log("c")]);
    await append(database.db, id, [log("d")]);
    await end(database.db, id);
    expect(await following).toEqual([1, 2, 3, 4]);
    expect(await late).toEqual([3, 4]);
    expect(feed.followers).toBe(0);
    feed.close();
  });

  it("reads long streams in pages", async () => {
    const feed = new EventFeed(database.db, notices);
    const id = await makeStream(database.db, owner);
    await append(
      database.db,
      id,
      Array.from({ length: 1203 }, (_, index) => log(String(index))),
    );
    await end(database.db, id);
    expect(await collect(feed, id)).toEqual(Array.from({ length: 1203 }, (_, index) => index + 1));
    feed.close();
  });

  it("costs one read per wake-up for a thousand followers", async () => {
    const feed = new EventFeed(counted, notices, 60_000);
    const id = await makeStream(database.db, owner);
    const followers = Array.from({ length: 1000 }, () => collect(feed, id));
    await until(() => feed.followers === 1000);
    await append(database.db, id, [log("warm")]);
    reads = 0;
    const batches = 20;
    for (let batch = 0; batch < batches; batch++) await append(database.db, id, [log(String(batch))]);
    await end(database.db, id);
    const all = await Promise.all(followers);
    for (const seen of all)
      expect(seen).toEqual(Array.from({ length: batches + 1 }, (_, index) => index + 1));
    // One per notice, one more for a follower that was between two places.
    expect(reads).toBeLessThanOrEqual(2 * (batches + 2));
    feed.close();
  });

  it("finds by its poll what a lost notice would have told", async () => {
    const deaf = { on: () => () => {}, onReset: () => () => {} };
    const feed = new EventFeed(database.db, deaf, 20);
    const id = await makeStream(database.db, owner);
    const following = collect(feed, id);
    await until(() => feed.followers === 1);
    await append(database.db, id, [log("a")]);
    await end(database.db, id);
    expect(await following).toEqual([1]);
    feed.close();
  });

  it("lets a follower go when its signal aborts", async () => {
    const feed = new EventFeed(database.db, notices);
    const id = await makeStream(database.db, owner);
    const left = new AbortController();
    const following = collect(feed, id, 0, left.signal);
    await until(() => feed.followers === 1);
    left.abort();
    expect(await following).toEqual([]);
    expect(feed.followers).toBe(0);
    feed.close();
  });

  it("refuses a stream that is not there", async () => {
    const feed = new EventFeed(database.db, notices);
    await expect(collect(feed, "dep_none")).rejects.toMatchObject({ code: "not_found" });
    expect(feed.followers).toBe(0);
    feed.close();
  });
});
