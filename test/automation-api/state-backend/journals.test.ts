import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { Client } from "./client.ts";
import { type StateServer, startStateServer } from "./state-server.ts";

let server: StateServer;
beforeAll(async () => {
  server = await startStateServer();
});
afterAll(() => server.close());

let stacks = 0;
async function newStack(): Promise<Client> {
  const client = new Client(server, `roost/journals/dev${++stacks}`);
  await client.init();
  return client;
}

/** A stack whose version 1 holds these components. */
async function stackWith(names: string[]): Promise<Client> {
  const client = await newStack();
  const update = await client.begin();
  await update.journal(client.creates(names));
  await update.complete();
  return client;
}

const accepted = { status: 204, body: undefined };
const rowsOf = (table: "journal_entry" | "event_source", updateId: string) =>
  server.database.db.selectFrom(table).selectAll().where("update_id", "=", updateId).execute();

async function faultsOf(updateId: string): Promise<string[]> {
  const { db } = server.database;
  const row = await db
    .selectFrom("stack_update")
    .select("faults")
    .where("id", "=", updateId)
    .executeTakeFirst();
  return row?.faults.map(({ rule }: { rule: string }) => rule);
}

describe("a journal", () => {
  it("is taken once however often and in whatever order it arrives, and goes when it is folded", async () => {
    const client = await newStack();
    const update = await client.begin();
    const entries = client.creates(["a", "b"]);
    for (const batch of [entries.slice(3), entries.slice(0, 4), entries.slice(0, 4), entries.slice(2)]) {
      expect(await update.journal(batch)).toEqual(accepted);
    }
    expect(await rowsOf("journal_entry", update.id)).toHaveLength(entries.length);
    expect(await update.complete()).toEqual(accepted);
    expect(await client.urns()).toEqual([client.stackUrn, client.groupUrn("a"), client.groupUrn("b")]);
    expect(await rowsOf("journal_entry", update.id)).toEqual([]);
  });

  it("of which entries are lost is mended where only the order suffers, and the update counts as failed", async () => {
    const client = await stackWith(["a", "b"]);
    const update = await client.begin();
    // The end of the stack's own step is lost: replayed blindly, its children would stand before it.
    const entries = client.sames(["a", "b"]).filter(({ sequenceID }) => sequenceID !== 2);
    await update.journal(entries);
    expect(await update.complete("succeeded")).toEqual(accepted);
    expect(await client.urns()).toEqual([client.stackUrn, client.groupUrn("a"), client.groupUrn("b")]);
    expect((await client.get("/updates")).body.updates[0]).toMatchObject({ version: 2, result: "failed" });
    expect(await faultsOf(update.id)).toEqual(["sequence-gap", "parent-later", "parent-later"]);
  });

  it("that gives no valid state leaves the last good version in place, and is kept", async () => {
    const client = await stackWith(["a"]);
    const update = await client.begin();
    const orphan = { urn: client.groupUrn("x"), type: "test:index:Group", parent: client.groupUrn("nobody") };
    await update.journal([{ kind: 1, sequenceID: 1, operationID: 1, state: orphan }]);
    expect(await update.complete("succeeded")).toEqual(accepted);
    expect(await client.urns()).toEqual([client.stackUrn, client.groupUrn("a")]);
    expect(await client.urns(2)).toEqual(await client.urns(1));
    expect((await client.get("/updates")).body.updates[0]).toMatchObject({ version: 2, result: "failed" });
    expect(await faultsOf(update.id)).toEqual(["parent-missing", "not-published"]);
    expect(await rowsOf("journal_entry", update.id)).toHaveLength(1);
  });

  it("is readable while the update runs, once it makes sense", async () => {
    const client = await newStack();
    const update = await client.begin();
    expect(await client.exported()).toEqual({ version: 3, deployment: null });
    const entries = client.creates(["a"]);
    await update.journal(entries.slice(2));
    expect(await client.exported()).toEqual({ version: 3, deployment: null });
    await update.journal(entries);
    expect(await client.urns()).toEqual([client.stackUrn, client.groupUrn("a")]);
    await update.complete();
  });

  const bad: [string, unknown][] = [
    ["is no JSON", "{"],
    ["has no list", { entries: {} }],
    ["has a kind that does not exist", { entries: [{ kind: 10, sequenceID: 1, operationID: 0 }] }],
    ["counts from 0", { entries: [{ kind: 0, sequenceID: 0, operationID: 0 }] }],
    [
      "has a state without a URN",
      { entries: [{ kind: 1, sequenceID: 1, operationID: 1, state: { type: "a:b:c" } }] },
    ],
    [
      "has dependencies that are no list",
      {
        entries: [
          { kind: 1, sequenceID: 1, operationID: 1, state: { urn: "u", type: "t", dependencies: "x" } },
        ],
      },
    ],
    ["has an operation of nothing", { entries: [{ kind: 0, sequenceID: 1, operationID: 1, operation: {} }] }],
    ["is of a version to come", { entries: [{ version: 2, kind: 0, sequenceID: 1, operationID: 1 }] }],
  ];
  it.each(bad)(
    "that %s is refused with the field at fault, and nothing of it is kept",
    async (_name, body) => {
      const client = await newStack();
      const update = await client.begin();
      const reply = await update.call("PATCH", "journalentries", body);
      expect(reply).toEqual({ status: 400, body: { code: 400, message: expect.any(String) } });
      expect(await rowsOf("journal_entry", update.id)).toEqual([]);
      expect(await update.complete("failed")).toEqual(accepted);
    },
  );

  it("with a number that no double holds keeps it", async () => {
    const client = await newStack();
    const update = await client.begin();
    const numbers = '{"big":12345678901234567890,"zero":-0,"tiny":1e-400,"same":0.1}';
    const state = `{"urn":"${client.stackUrn}","type":"pulumi:pulumi:Stack","outputs":${numbers}}`;
    await update.call(
      "PATCH",
      "journalentries",
      `{"entries":[{"kind":1,"sequenceID":1,"operationID":1,"state":${state}}]}`,
    );
    await update.complete();
    const reply = await fetch(`${server.url}${client.path}/export`, {
      headers: { authorization: `token ${server.adminToken}` },
    });
    expect(await reply.text()).toContain(numbers);
  });

  it("that is larger than a request may be is refused with 413, which the command answers with halves", async () => {
    const client = await newStack();
    const update = await client.begin();
    const state = {
      urn: client.stackUrn,
      type: "pulumi:pulumi:Stack",
      outputs: { text: "x".repeat(65 * 1024 * 1024) },
    };
    const reply = await update.journal([{ kind: 1, sequenceID: 1, operationID: 1, state }]);
    expect(reply).toEqual({ status: 413, body: { code: 413, message: expect.stringContaining("larger") } });
  });
});

describe("a large body", () => {
  it.each(["journalentries", "checkpoint"])(
    "of somebody without a lease is not read to its end: %s",
    async (action) => {
      const client = await newStack();
      const update = await client.begin();
      const path = `${client.path}/update/${update.id}/${action}`;
      const body = {
        entries: [{ kind: 1, sequenceID: 1, operationID: 1, text: "x".repeat(40 * 1024 * 1024) }],
      };
      const reply = await client.call("PATCH", path, body, `update-token ${"x".repeat(43)}`);
      expect(reply).toEqual({ status: 403, body: { code: 403, message: expect.stringContaining("lease") } });
    },
  );

  it("that is no JSON is refused without being repeated", async () => {
    const client = await newStack();
    const update = await client.begin();
    for (const action of ["journalentries", "checkpoint"]) {
      const reply = await update.call("PATCH", action, '{"entries": canary-7d2}');
      expect(reply).toEqual({
        status: 400,
        body: { code: 400, message: expect.not.stringContaining("canary") },
      });
    }
  });
});

describe("a client that keeps no journal", () => {
  it("sends whole states, of which the last one counts", async () => {
    const client = await newStack();
    const update = await client.begin("update", {});
    for (const names of [[], ["a"], ["a", "b"], ["a"]]) {
      expect(await update.checkpoint(client.state(names))).toEqual(accepted);
    }
    expect(await client.urns()).toEqual([client.stackUrn, client.groupUrn("a")]);
    expect(await update.complete()).toEqual(accepted);
    expect(await client.urns()).toEqual([client.stackUrn, client.groupUrn("a")]);
  });

  it("leaves the last good version in place when it sends what no engine could read", async () => {
    const client = await stackWith(["a"]);
    const update = await client.begin("update", {});
    const broken = client.state(["a"]);
    broken.deployment.resources.reverse();
    broken.deployment.resources.push(...broken.deployment.resources);
    expect(await update.checkpoint(broken)).toEqual(accepted);
    expect(await update.complete()).toEqual(accepted);
    expect(await client.urns()).toEqual([client.stackUrn, client.groupUrn("a")]);
    expect(await faultsOf(update.id)).toContain("urn-duplicate");
  });
});

describe("engine events", () => {
  it("are kept once in the stream of the update, between its begin and its end", async () => {
    const client = await newStack();
    const update = await client.begin();
    const first = [0, 1].map((sequence) => ({
      sequence,
      timestamp: 1,
      stdoutEvent: { message: `${sequence}`, color: "" },
    }));
    const second = [{ sequence: 2, timestamp: 2, summaryEvent: { resourceChanges: { create: 2, same: 1 } } }];
    for (const batch of [first, second, first, second]) expect(await update.events(batch)).toEqual(accepted);
    await update.complete();
    const events = await server.database.db
      .selectFrom("event")
      .select(["sequence", "kind", "data"])
      .where("stream_id", "=", update.id)
      .orderBy("sequence")
      .execute();
    expect(events).toEqual([
      { sequence: "1", kind: "state", data: { state: "running", operation: "update", requester: "admin" } },
      ...[...first, ...second].map((data, position) => ({
        sequence: `${position + 2}`,
        kind: "engine",
        data,
      })),
      {
        sequence: "5",
        kind: "state",
        data: { state: "succeeded", changes: { create: 2, same: 1 }, faults: [] },
      },
    ]);
    expect((await client.get("/updates")).body.updates[0].resourceChanges).toEqual({ create: 2, same: 1 });
    expect(await rowsOf("event_source", update.id)).toEqual([]);
  });
});

describe("versions", () => {
  it("that hold the same are stored once", async () => {
    const client = await stackWith(["a"]);
    for (const _ of [1, 2, 3]) {
      const update = await client.begin();
      await update.journal(client.sames(["a"]));
      await update.complete();
    }
    const { rows } = await sql<{ versions: number; contents: number }>`
      SELECT count(*)::int AS versions, count(DISTINCT content_hash)::int AS contents
      FROM checkpoint c JOIN stack s ON s.id = c.stack_id WHERE s.name = ${client.stack}`.execute(
      server.database.db,
    );
    expect(rows).toEqual([{ versions: 4, contents: 1 }]);
    expect(await client.exported(4)).toEqual(await client.exported(1));
  });

  it("list the resources of the newest one for the search", async () => {
    const client = await stackWith(["a", "b"]);
    const update = await client.begin();
    await update.journal(client.sames(["a"]));
    await update.journal([{ kind: 1, sequenceID: 5, operationID: 3, removeOld: 2 }]);
    await update.complete();
    const { rows } = await sql<{ name: string }>`
      SELECT r.name FROM stack_resource r JOIN stack s ON s.id = r.stack_id
      WHERE s.name = ${client.stack} ORDER BY r.position`.execute(server.database.db);
    expect(rows.map(({ name }) => name)).toEqual([`journals-${client.stack}`, "a"]);
  });

  it("older than the limits go, with what only they held; the newest stays", async () => {
    const client = await stackWith(["a"]);
    for (const names of [
      ["a", "b"],
      ["a", "b", "c"],
    ])
      expect((await client.post("/import", client.state(names))).status).toBe(200);
    const limits = { versions: 1, days: 1000, deletedDays: 30, unstartedMinutes: 60 };
    await sql`UPDATE checkpoint_content SET created_at = now() - interval '2 days'`.execute(
      server.database.db,
    );
    const dropped = await server.backend.retain(limits);
    expect(dropped.versions).toBeGreaterThanOrEqual(2);
    expect(dropped.contents).toBeGreaterThanOrEqual(2);
    expect((await client.get("/export/1")).status).toBe(404);
    expect(await client.urns()).toHaveLength(4);
  });
});
