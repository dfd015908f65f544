import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Client, creates, groupUrn, stackUrn } from "./client.ts";
import { type StateServer, startStateServer } from "./state-server.ts";

let server: StateServer;
beforeAll(async () => {
  server = await startStateServer();
});
afterAll(() => server.close());

let stacks = 0;
async function newStack(): Promise<Client> {
  const client = new Client(server, `roost/proj/dev${++stacks}`);
  expect(await client.init()).toEqual({ status: 200, body: {} });
  return client;
}

describe("an update", () => {
  it("streams", async () => {
    const client = await newStack();
    const update = await client.begin();
    expect(await update.events([{ sequence: 1, timestamp: 1, summaryEvent: { resourceChanges: { create: 2 } } }])).toEqual({ status: 204 });
    expect(await update.journal(creates(["a"]))).toEqual({ status: 204 });
    expect(await update.complete()).toEqual({ status: 204 });
    expect(await client.urns()).toEqual([stackUrn, groupUrn("a")]);
    expect((await client.get("/updates")).body.updates[0].resourceChanges).toEqual({create: 2});
  });
});
