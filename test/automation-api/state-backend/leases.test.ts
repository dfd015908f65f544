import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { Client, Update } from "./client.ts";
import { type StateServer, startStateServer } from "./state-server.ts";

let server: StateServer;
beforeAll(async () => {
  server = await startStateServer();
});
afterAll(() => server.close());

let stacks = 0;
async function newStack(): Promise<Client> {
  const client = new Client(server, `roost/leases/dev${++stacks}`);
  expect(await client.init()).toEqual({ status: 200, body: {} });
  return client;
}

const accepted = { status: 204, body: undefined };
const refused = { status: 403, body: { code: 403, message: expect.stringContaining("lease") } };

/** As if its client had gone silent for longer than the lease. */
async function expire(update: Update): Promise<void> {
  const { db } = server.database;
  await sql`UPDATE stack_update SET lease_expires_at = now() - interval '1 ms' WHERE id = ${update.id}`.execute(
    db,
  );
}

const writes: [string, (update: Update) => Promise<unknown>][] = [
  ["journal", (update) => update.journal(update.client.creates(["late"]))],
  ["checkpoint", (update) => update.checkpoint(update.client.state(["late"]))],
  ["events", (update) => update.events([{ sequence: 1, timestamp: 1, cancelEvent: {} }])],
  ["renewal", (update) => update.renew()],
  ["completion", (update) => update.complete()],
];

describe("a lease", () => {
  it.each(writes)("that ran out refuses every later %s", async (_name, write) => {
    const client = await newStack();
    const update = await client.begin();
    await update.journal(client.creates(["a"]));
    await expire(update);
    expect(await write(update)).toEqual(refused);
    expect(await client.urns()).toEqual([client.stackUrn, client.groupUrn("a")]);
  });

  it.each(writes)("of another update refuses a %s", async (_name, write) => {
    const client = await newStack();
    const update = await client.begin();
    const foreign = await (await newStack()).begin();
    expect(await write(new Update(client, update.id, foreign.token, 1))).toEqual(refused);
  });

  it.each(writes)("that was cancelled refuses every later %s", async (_name, write) => {
    const client = await newStack();
    const update = await client.begin();
    expect(await client.post(`/update/${update.id}/cancel`)).toEqual(accepted);
    expect(await write(update)).toEqual(refused);
    expect((await client.get()).body.activeUpdate).toBe("");
  });

  it("lasts as long as it is renewed", async () => {
    const client = await newStack();
    const update = await client.begin();
    await sql`UPDATE stack_update SET lease_expires_at = now() + interval '1 s' WHERE id = ${update.id}`.execute(
      server.database.db,
    );
    expect(await update.renew(300)).toEqual({
      status: 200,
      body: { token: update.token, tokenExpiration: expect.any(Number) },
    });
    const left = await sql<{ seconds: number }>`
      SELECT extract(epoch FROM lease_expires_at - now())::int AS seconds FROM stack_update WHERE id = ${update.id}`.execute(
      server.database.db,
    );
    expect(left.rows[0]?.seconds).toBeGreaterThan(290);
    expect(await update.complete()).toEqual(accepted);
  });

  it("is needed: without one the answer is 401", async () => {
    const client = await newStack();
    const update = await client.begin();
    const path = `${client.path}/update/${update.id}/journalentries`;
    for (const header of ["", `token ${server.adminToken}`, "update-token x"]) {
      expect((await client.call("PATCH", path, { entries: [] }, header)).status).toBe(401);
    }
  });

  it("lets a completion be repeated after its reply was lost", async () => {
    const client = await newStack();
    const update = await client.begin();
    await update.journal(client.creates(["a"]));
    expect(await update.complete()).toEqual(accepted);
    expect(await update.complete()).toEqual(accepted);
    expect((await client.get()).body).toMatchObject({ version: 1, activeUpdate: "" });
  });
});

describe("a stack", () => {
  it("has one writer: the second one is told who the first is", async () => {
    const client = await newStack();
    const first = await client.begin("destroy");
    const second = await client.create();
    expect(await client.post(`/update/${second}`, {})).toEqual({
      status: 409,
      body: {
        code: 409,
        message: expect.stringContaining(`admin runs the destroy ${first.id} on this stack`),
      },
    });
    expect((await client.get()).body).toMatchObject({
      activeUpdate: first.id,
      currentOperation: { kind: "destroy", author: "admin" },
    });
    await first.complete();
    expect((await client.post(`/update/${second}`, {})).status).toBe(200);
  });

  it.each(["import", "rename", "delete"])("that is being updated refuses %s", async (action) => {
    const client = await newStack();
    await client.begin();
    const tries: Record<string, () => Promise<{ status: number }>> = {
      import: () => client.post("/import", client.state([])),
      rename: () => client.post("/rename", { newName: "other" }),
      delete: () => client.call("DELETE", client.path),
    };
    expect((await tries[action]?.())?.status).toBe(409);
  });

  it("lets 20 starters race and gives it to one", async () => {
    const client = await newStack();
    const ids = await Promise.all(Array.from({ length: 20 }, () => client.create()));
    const replies = await Promise.all(ids.map((id) => client.post(`/update/${id}`, {})));
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1);
    expect(replies.filter((reply) => reply.status === 409)).toHaveLength(19);
  });

  it("runs previews beside an update, without lock and without a version", async () => {
    const client = await newStack();
    const update = await client.begin();
    const preview = await client.begin("preview");
    expect(preview.version).toBe(0);
    expect(await preview.events([{ sequence: 1, timestamp: 1, summaryEvent: {} }])).toEqual(accepted);
    expect(await preview.complete()).toEqual(accepted);
    expect((await client.get()).body.activeUpdate).toBe(update.id);
    await update.complete();
    expect((await client.get()).body.version).toBe(1);
    expect((await client.get("/updates")).body.updates).toHaveLength(1);
  });

  it("whose updater died is free as soon as the lease is over, with all that was written", async () => {
    const client = await newStack();
    const dead = await client.begin();
    await dead.journal(client.creates(["a"]).slice(0, 3));
    await expire(dead);
    const next = await client.begin();
    expect(next.version).toBe(2);
    const { deployment } = await client.exported(1);
    expect(deployment.resources.map(({ urn }: { urn: string }) => urn)).toEqual([client.stackUrn]);
    expect(deployment.pending_operations).toMatchObject([
      { type: "creating", resource: { urn: client.groupUrn("a") } },
    ]);
    await next.complete();
    const { updates } = (await client.get("/updates")).body;
    expect(updates.map(({ result }: { result: string }) => result)).toEqual(["succeeded", "failed"]);
  });

  it("whose updater died is settled without anybody asking", async () => {
    const client = await newStack();
    const dead = await client.begin();
    await dead.journal(client.creates(["a"]));
    await expire(dead);
    expect(await server.backend.settleOrphans()).toBeGreaterThan(0);
    const rows = await server.database.db
      .selectFrom("stack")
      .select(["active_update_id", "version"])
      .where("name", "=", client.stack)
      .execute();
    expect(rows).toEqual([{ active_update_id: null, version: "1" }]);
  });

  it("tells what an interrupted update left open, as often as it is asked", async () => {
    const client = await newStack();
    const dead = await client.begin();
    await dead.journal(client.creates(["a"]).slice(0, 3));
    const open = [{ operation: "creating", urn: client.groupUrn("a"), type: "test:index:Group" }];
    expect(await server.backend.closeInterrupted(dead.id)).toEqual(open);
    expect(await server.backend.closeInterrupted(dead.id)).toEqual(open);
    expect(await dead.complete()).toEqual(refused);
  });
});

describe("two servers over one database", () => {
  it("share leases, journals and versions", async () => {
    const client = await newStack();
    const replica = await server.replica();
    try {
      const other = new Client(replica, `roost/leases/${client.stack}`);
      const update = await client.begin();
      expect((await other.post(`/update/${await other.create()}`, {})).status).toBe(409);
      const entries = client.creates(["a", "b", "c"]);
      const there = new Update(other, update.id, update.token, 1);
      const halves = entries.map((entry, position) => (position % 2 ? update : there).journal([entry]));
      expect(await Promise.all(halves)).toEqual(entries.map(() => accepted));
      expect(await there.complete()).toEqual(accepted);
      expect(await client.urns()).toEqual(await other.urns());
      expect(await other.urns()).toHaveLength(4);
    } finally {
      await replica.close();
    }
  });

  it("settle an orphan once, however many of them look", async () => {
    const client = await newStack();
    const dead = await client.begin();
    await dead.journal(client.creates(["a"]));
    await expire(dead);
    await Promise.all(Array.from({ length: 8 }, () => server.backend.settleOrphans()));
    expect((await client.get()).body).toMatchObject({ version: 1, activeUpdate: "" });
    expect((await client.get("/updates")).body.updates).toHaveLength(1);
  });
});
