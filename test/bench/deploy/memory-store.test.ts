import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createPostgresStore } from "../../../automation-api/state-backend/service.ts";
import { createMemoryStore, type MemoryStore } from "../../../bench/deploy/memory-store.ts";
import { Client } from "../../automation-api/state-backend/client.ts";
import {
  type Replica,
  type StateServer,
  startStateServer,
} from "../../automation-api/state-backend/state-server.ts";

let server: StateServer;
let memory: Replica;
let store: MemoryStore;

beforeAll(async () => {
  server = await startStateServer();
  store = createMemoryStore(createPostgresStore(server.database.db));
  memory = await server.replica({ parts: { store } });
});
afterAll(async () => {
  await memory.close();
  await server.close();
});

type Step = [what: string, outcome: unknown];

/** What a client sees of a stack's life; times and ids left out. */
async function life(client: Client): Promise<Step[]> {
  const steps: Step[] = [];
  const note = async (what: string, work: () => Promise<unknown>) => steps.push([what, await work()]);
  const updateOf = async (entries: object[], kind = "update") => {
    const update = await client.begin(kind);
    const written = await update.journal(entries);
    const completed = await update.complete();
    return {
      version: update.version,
      statuses: [written.status, completed.status],
      urns: await client.urns(),
    };
  };
  await note("init", async () => (await client.init()).status);
  await note("init again", async () => (await client.init()).status);
  await note("empty", async () => client.urns());
  await note("preview", async () => {
    const preview = await client.begin("preview");
    const events = await preview.events([
      { sequence: 1, timestamp: 0, summaryEvent: { resourceChanges: { create: 2 } } },
    ]);
    return [
      preview.version,
      events.status,
      (await preview.complete()).status,
      (await client.get()).body.version,
    ];
  });
  await note("create", () => updateOf(client.creates(["a", "b"])));
  await note("no-op", () => updateOf(client.sames(["a", "b"])));
  await note("in the middle", async () => {
    const update = await client.begin();
    const [first, ...rest] = client.sames(["a", "b"]);
    await update.journal([first as object]);
    const held = (await client.get()).body;
    const second = await client.post(`/update/${await client.create()}`, { journalVersion: 1 });
    const removed = await client.call("DELETE", client.path);
    const renewed = await update.renew();
    // Twice, as after a lost reply.
    await update.journal(rest);
    await update.journal(rest);
    const completed = [await update.complete(), await update.complete()].map(({ status }) => status);
    const late = await update.journal([first as object]);
    return {
      held: held.activeUpdate === update.id,
      statuses: [second.status, removed.status, renewed.status, ...completed, late.status],
      urns: await client.urns(),
    };
  });
  await note("lost entry", async () => {
    const update = await client.begin();
    const entries = client.sames(["a", "b"]);
    await update.journal(entries.filter((_, index) => index !== 2));
    return [(await update.complete()).status, await client.urns()];
  });
  await note("failed", async () => {
    const update = await client.begin();
    const opened = client
      .creates(["c"])
      .slice(2, 3)
      .map((entry) => ({ ...entry, sequenceID: 1 }));
    await update.journal(opened);
    const completed = (await update.complete("failed")).status;
    const { deployment } = await client.exported();
    return [completed, deployment.resources.length, deployment.pending_operations?.length];
  });
  await note("cancelled", async () => {
    const update = await client.begin();
    const cancelled = await client.post(`/update/${update.id}/cancel`);
    return [
      cancelled.status,
      (await update.journal(client.sames(["a"]))).status,
      (await update.complete()).status,
    ];
  });
  await note("checkpoint", async () => {
    const update = await client.begin("update", {});
    await update.checkpoint(client.state(["a", "z"]));
    return [(await update.complete()).status, await client.urns()];
  });
  await note("import", async () => [
    (await client.post("/import", client.state(["i"]))).status,
    await client.urns(),
  ]);
  await note("history", async () => {
    const { updates } = (await client.get("/updates?pageSize=20&page=1")).body;
    return updates.map(({ version, result, kind }: Record<string, unknown>) => [version, result, kind]);
  });
  await note("older version", async () => [await client.urns(1), (await client.get("/export/99")).status]);
  await note("delete", async () => {
    const full = (await client.call("DELETE", client.path)).status;
    const destroy = await client.begin("destroy");
    await destroy.journal(
      client
        .resources(["i"])
        .toReversed()
        .flatMap((_, index) => [
          { version: 1, kind: 0, sequenceID: 1 + 2 * index, operationID: 1 + index },
          { version: 1, kind: 1, sequenceID: 2 + 2 * index, operationID: 1 + index, removeOld: 1 - index },
        ]),
    );
    await destroy.complete();
    return [
      full,
      await client.urns(),
      (await client.call("DELETE", client.path)).status,
      (await client.get()).status,
    ];
  });
  return steps;
}

describe("the store in memory", () => {
  it("answers a stack's whole life as the store on PostgreSQL does", async () => {
    const organization = "roost";
    const [real, kept] = [
      await life(new Client(server, `${organization}/bench/life`)),
      await life(new Client(memory, `${organization}/bench/life`)),
    ];
    expect(kept).toEqual(real);
    expect(kept.length).toBeGreaterThan(10);
  });

  it("finds the stacks that the API has made, and tells what the last update's client sent", async () => {
    const onServer = new Client(server, "roost/bench/found");
    await onServer.init();
    const client = new Client(memory, "roost/bench/found");
    const update = await client.begin();
    await update.events([{ sequence: 1, timestamp: 0, preludeEvent: {} }]);
    await update.journal(client.creates(["a"]));
    await update.complete();
    const recording = store.lastUpdate("bench", "found");
    expect(recording?.entries.map((text) => JSON.parse(text).sequenceID)).toEqual([1, 2, 3, 4]);
    expect(recording?.events).toHaveLength(1);
    expect(await onServer.urns()).toEqual([]);
  });
});
