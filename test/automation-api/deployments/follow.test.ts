import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { WebSocket } from "ws";
import { newId } from "../../../automation-api/db/id.ts";
import { newEngineToken } from "../../../automation-api/engine/gate.ts";
import type { Claim } from "../../../automation-api/queue/contract.ts";
import { until } from "../http/test-server.ts";
import { type DeploymentServer, startDeploymentServer } from "./deployment-server.ts";

let server: DeploymentServer;
let worker: string;
beforeAll(async () => {
  server = await startDeploymentServer();
  ({ id: worker } = await server.queue.register({ machineId: "m", pid: 1, slots: 1 }));
});
afterAll(() => server.close());

/** Takes queued deployments, as a worker does, until it has the one asked for. */
async function claim(id: string): Promise<Claim> {
  for (;;) {
    const identity = { pid: 1, bootId: "b", startTime: "1" };
    const claimed = await server.queue.claim(worker, { slot: 1, token: newEngineToken(), identity });
    if (!claimed) throw new Error(`${id} cannot be claimed`);
    if (claimed.deploymentId === id) return claimed;
  }
}

const done = { state: "succeeded" as const, diagnostics: [], timings: { runMs: 5 } };

interface Reader {
  text: string;
  /** Sequences seen. */
  ids(): number[];
  ended: Promise<void>;
  leave(): void;
}

async function follow(id: string, options: { after?: number; lastEventId?: string } = {}): Promise<Reader> {
  const left = new AbortController();
  const query = options.after === undefined ? "" : `?after=${options.after}`;
  const reply = await fetch(`${server.url}/api/v1/deployments/${id}/events${query}`, {
    signal: left.signal,
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      ...(options.lastEventId !== undefined && { "last-event-id": options.lastEventId }),
    },
  });
  expect(reply.headers.get("content-type")).toContain("text/event-stream");
  const reader: Reader = {
    text: "",
    ids: () => [...reader.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1])),
    ended: Promise.resolve(),
    leave: () => left.abort(),
  };
  reader.ended = (async () => {
    for await (const chunk of reply.body as unknown as AsyncIterable<Uint8Array>) {
      reader.text += Buffer.from(chunk).toString();
    }
  })().catch((error) => {
    if (!left.signal.aborted) throw error;
  });
  return reader;
}

describe("events of a deployment", () => {
  it("come live, each once, and end with the deployment; a reader that comes back misses nothing", async () => {
    const { body } = await server.deploy({ stack: "live" });
    const early = await follow(body.id);
    await until(() => early.ids().length === 1, "the first event is there");
    const claimed = await claim(body.id);
    await server.queue.append(claimed, [
      { kind: "log", data: { line: "one" } },
      { kind: "log", data: { line: "two" } },
    ]);
    await until(() => early.ids().length === 4, "four events are there");
    early.leave();
    await early.ended;
    const [again, afterTwo] = await Promise.all([
      follow(body.id, { lastEventId: String(early.ids().at(-1)) }),
      follow(body.id, { after: 2 }),
    ]);
    await server.queue.append(claimed, [{ kind: "log", data: { line: "three" } }]);
    await server.queue.finish(claimed, done);
    await Promise.all([again.ended, afterTwo.ended]);
    expect([...early.ids(), ...again.ids()]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(afterTwo.ids()).toEqual([3, 4, 5, 6]);
    expect(again.text).toContain("event: state");
    const late = await follow(body.id);
    await late.ended;
    expect(late.ids()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(late.text).toContain('"data":{"line":"three"}');
  });

  it("are refused with the field for a strange place, and 404 for what is not there or not visible", async () => {
    const { body } = await server.deploy({ project: "secretive" });
    const path = `/api/v1/deployments/${body.id}/events`;
    for (const query of ["after=-1", "after=x", "from=1"]) {
      expect((await server.call("GET", `${path}?${query}`)).status).toBe(400);
    }
    expect((await server.call("GET", path, { headers: { "last-event-id": "abc" } })).status).toBe(400);
    const projectId = await server.project("own");
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId }] });
    for (const tail of ["", "/events", "/log"]) {
      const missing = `/api/v1/deployments/${newId("dep")}${tail}`;
      expect((await server.call("GET", missing)).status).toBe(404);
      expect((await server.call("GET", `/api/v1/deployments/${body.id}${tail}`, { token })).status).toBe(404);
    }
    expect((await server.call("POST", `/api/v1/deployments/${body.id}/cancel`, { token })).status).toBe(404);
    expect((await server.call("GET", "/api/v1/deployments/..%2f..", {})).status).toBe(400);
  });

  it("are there as text", async () => {
    const { body } = await server.deploy({ stack: "text" });
    const claimed = await claim(body.id);
    await server.queue.append(claimed, [{ kind: "log", data: { line: "installing" } }]);
    await server.queue.finish(claimed, done);
    const { headers, text } = await server.call("GET", `/api/v1/deployments/${body.id}/log`);
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(text).toBe("Deployment queued\nDeployment running\ninstalling\nDeployment succeeded.\n");
  });
});

describe("/hubs/tasks", () => {
  async function listen(query: string, token = server.adminToken) {
    const socket = new WebSocket(
      `${server.url.replace("http", "ws")}/hubs/tasks?${query}`,
      ["roost.events"],
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    const messages: { id: string; event: string; data: { sequence: number } }[] = [];
    socket.on("message", (data) => messages.push(JSON.parse(String(data))));
    const status = await new Promise<number>((resolve) => {
      socket.once("open", () => resolve(101));
      socket.once("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.on("error", () => {});
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    return { status, messages, socket, closed };
  }

  it("gives the same events under the same numbers, and resumes after one", async () => {
    const { body } = await server.deploy({ stack: "hub" });
    const all = await listen(`deployment=${body.id}`);
    const claimed = await claim(body.id);
    await server.queue.append(claimed, [{ kind: "log", data: { line: "one" } }]);
    await server.queue.finish(claimed, done);
    await until(() => all.messages.length === 4, "four messages are there");
    await all.closed;
    const http = await follow(body.id);
    await http.ended;
    expect(all.messages.map(({ id }) => Number(id))).toEqual(http.ids());
    for (const message of all.messages) expect(http.text).toContain(JSON.stringify(message.data));
    const rest = await listen(`deployment=${body.id}&lastEventId=3`);
    await rest.closed;
    expect(rest.messages.map(({ data }) => data.sequence)).toEqual([4]);
  });

  it("refuses what is not named, not there or not visible", async () => {
    const { body } = await server.deploy({ stack: "hub-refused" });
    const { token } = await server.tokenOf({
      roles: [{ role: "viewer", projectId: await server.project("hub-own") }],
    });
    expect((await listen("")).status).toBe(400);
    expect((await listen("deployment=x")).status).toBe(400);
    expect((await listen(`deployment=${body.id}&update=${body.id}`)).status).toBe(400);
    expect((await listen(`deployment=${newId("dep")}`)).status).toBe(404);
    expect((await listen(`deployment=${body.id}`, token)).status).toBe(404);
  });
});

describe("GET /api/v1/deployments/{id}", () => {
  it("shows what a deployment ended with, secrets masked", async () => {
    const { body } = await server.deploy({ stack: "result" });
    const claimed = await claim(body.id);
    const secret = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: "canary",
    };
    await server.queue.finish(claimed, {
      ...done,
      version: 3,
      changes: { create: 2 },
      outputs: { url: "http://x", key: secret, nested: [{ key: secret }] },
      diagnostics: [{ severity: "warning", message: "careful" }],
    });
    const { body: shown, text } = await server.call("GET", `/api/v1/deployments/${body.id}`);
    expect(shown).toMatchObject({
      state: "succeeded",
      version: 3,
      changes: { create: 2 },
      outputs: { url: "http://x", key: { secret: true }, nested: [{ key: { secret: true } }] },
      diagnostics: [{ severity: "warning", message: "careful" }],
      timings: { runMs: 5 },
      attempt: 1,
    });
    expect(text).not.toContain("canary");
    expect(shown.startedAt <= shown.endedAt).toBe(true);
  });

  it("names what it waits for: the deployment before it, or the person who holds the stack", async () => {
    const { body: first } = await server.deploy({ stack: "waiting" });
    const { body: second } = await server.deploy({ stack: "waiting" });
    expect(second.waitingFor).toEqual({ kind: "deployment", id: first.id });
    await server.call("POST", `/api/v1/deployments/${first.id}/cancel`);
    const { db } = server.database;
    const row = await db
      .selectFrom("deployment")
      .selectAll()
      .where("id", "=", second.id)
      .executeTakeFirstOrThrow();
    await db
      .insertInto("stack_update")
      .values({
        id: "upd-of-a-person",
        stack_id: row.stack_id,
        kind: "update",
        dry_run: false,
        state: "running",
        requester_id: row.requester_id,
        requester: "ada",
        lease_expires_at: new Date(Date.now() + 60_000),
        started_at: new Date(),
      })
      .execute();
    await db
      .updateTable("stack")
      .set({ active_update_id: "upd-of-a-person" })
      .where("id", "=", row.stack_id)
      .execute();
    const { body } = await server.call("GET", `/api/v1/deployments/${second.id}`);
    expect(body.waitingFor).toEqual({ kind: "person", name: "ada", command: "pulumi up" });
  });
});

describe("GET /api/v1/deployments", () => {
  it("has pages, newest first, and filters", async () => {
    const made: string[] = [];
    for (const operation of ["update", "preview", "refresh", "destroy", "update"]) {
      made.unshift((await server.deploy({ project: "pages", operation })).body.id);
    }
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await server.call(
        "GET",
        `/api/v1/deployments?project=pages&limit=2${cursor && `&cursor=${cursor}`}`,
      );
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    } while (cursor);
    expect(seen).toEqual(made);
    const previews = await server.call(
      "GET",
      "/api/v1/deployments?project=pages&operation=preview&state=queued",
    );
    expect(previews.body.items.map(({ id }: { id: string }) => id)).toEqual([made[3]]);
    for (const query of [
      "limit=0",
      "limit=x",
      "state=done",
      "cursor=%2e%2e",
      "cursor=YWJj",
      "color=red",
      "project=..",
    ]) {
      expect((await server.call("GET", `/api/v1/deployments?${query}`)).status).toBe(400);
    }
  });

  it("shows each only what is theirs", async () => {
    const projectId = await server.project("mine");
    const { token } = await server.tokenOf({ roles: [{ role: "operator", projectId }] });
    const { body } = await server.deploy({ project: "mine" });
    const listed = await server.call("GET", "/api/v1/deployments", { token });
    expect(listed.body.items.map(({ id }: { id: string }) => id)).toEqual([body.id]);
  });
});

describe("POST /api/v1/deployments/{id}/cancel", () => {
  it("ends a queued deployment at once, and wakes whoever waits for its place", async () => {
    const { body } = await server.deploy({ stack: "cancel-queued" });
    const following = await follow(body.id);
    const cancelled = await server.call("POST", `/api/v1/deployments/${body.id}/cancel`);
    expect([cancelled.status, cancelled.body.state]).toEqual([200, "cancelled"]);
    await following.ended;
    expect(following.text).toContain('"state":"cancelled"');
    const again = await server.call("POST", `/api/v1/deployments/${body.id}/cancel`);
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining("cancelled")]);
  });

  it("asks the worker to end a running one, once", async () => {
    const { body } = await server.deploy({ stack: "cancel-running" });
    const claimed = await claim(body.id);
    const told = new Promise<string>((resolve) => server.notices.on("deployment_cancel", resolve));
    const path = `/api/v1/deployments/${body.id}/cancel`;
    const first = await server.call("POST", path);
    expect([first.status, first.body.state]).toEqual([202, "running"]);
    expect(first.body.cancelRequested.by).toBeTruthy();
    expect(await told).toBe(body.id);
    const second = await server.call("POST", path);
    expect([second.status, second.body.cancelRequested]).toEqual([202, first.body.cancelRequested]);
    const audits = await server.database.db
      .selectFrom("audit")
      .select("phase")
      .where("object", "=", body.id)
      .where("action", "=", "deployment.cancel")
      .execute();
    expect(audits).toHaveLength(1);
    await server.queue.finish(claimed, { ...done, state: "cancelled" });
    expect((await server.call("POST", path)).status).toBe(409);
  });

  it("needs its own permission", async () => {
    const { body } = await server.deploy({ stack: "cancel-viewer" });
    const { token } = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
    expect((await server.call("POST", `/api/v1/deployments/${body.id}/cancel`, { token })).status).toBe(403);
  });

  it("and a worker that takes it at the same moment agree on one of the two", async () => {
    for (let round = 0; round < 10; round++) {
      const { body } = await server.deploy({ project: "race", stack: `s${round}` });
      const [cancelled] = await Promise.all([
        server.call("POST", `/api/v1/deployments/${body.id}/cancel`),
        server.queue.claim(worker, {
          slot: 1,
          token: newEngineToken(),
          identity: { pid: 1, bootId: "b", startTime: "1" },
        }),
      ]);
      const { body: now } = await server.call("GET", `/api/v1/deployments/${body.id}`);
      expect([cancelled.status, now.state]).toEqual(
        cancelled.status === 200 ? [200, "cancelled"] : [202, "running"],
      );
      expect(now.cancelRequested).not.toBeNull();
    }
  });
});
