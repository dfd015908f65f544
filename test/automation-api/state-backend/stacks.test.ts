import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { mintToken } from "../../../automation-api/access/service.ts";
import { newId } from "../../../automation-api/db/id.ts";
import { createStackCipher } from "../../../automation-api/state-backend/service.ts";
import { Client } from "./client.ts";
import { type StateServer, startStateServer } from "./state-server.ts";

let server: StateServer;
beforeAll(async () => {
  server = await startStateServer();
});
afterAll(() => server.close());

let stacks = 0;
async function newStack(given: object = {}): Promise<Client> {
  const client = new Client(server, `roost/stacks/dev${++stacks}`);
  expect(await client.init(given)).toEqual({ status: 200, body: {} });
  return client;
}

const done = { status: 204, body: undefined };
const base64 = (text: string) => Buffer.from(text).toString("base64");
const auditOf = async (action: string) => {
  const { db } = server.database;
  return db
    .selectFrom("audit")
    .select(["actor", "object", "phase", "result", "detail"])
    .where("action", "=", action)
    .orderBy("id")
    .execute();
};

describe("a stack", () => {
  it("is created once, with its project, and found by its names", async () => {
    const client = new Client(server, `roost/fresh-${stacks}/dev`);
    const project = `/api/stacks/roost/${client.project}`;
    const head = () =>
      fetch(server.url + project, {
        method: "HEAD",
        headers: { authorization: `token ${server.adminToken}` },
      });
    expect((await head()).status).toBe(404);
    expect((await client.get()).status).toBe(404);
    expect(await client.init({ tags: { "pulumi:runtime": "nodejs" } })).toEqual({ status: 200, body: {} });
    expect((await head()).status).toBe(200);
    expect(await client.init()).toEqual({
      status: 409,
      body: { code: 409, message: expect.stringContaining("already exists") },
    });
    expect((await client.get()).body).toMatchObject({
      orgName: "roost",
      projectName: client.project,
      stackName: "dev",
      version: 0,
      activeUpdate: "",
      tags: { "pulumi:runtime": "nodejs" },
    });
    expect(await client.exported()).toEqual({ version: 3, deployment: null });
    expect((await client.get("/updates/latest")).status).toBe(404);
  });

  it("can begin with a state", async () => {
    const client = new Client(server, "roost/stacks/given");
    expect((await client.init({ state: client.state(["a"]) })).status).toBe(200);
    expect((await client.get()).body.version).toBe(1);
    expect(await client.urns()).toHaveLength(2);
  });

  it("is listed in pages, by project and by tag", async () => {
    const names = Array.from({ length: 205 }, (_, position) => `s${String(position).padStart(3, "0")}`);
    for (const stack of names) {
      await new Client(server, `roost/many/${stack}`).init({
        tags: { kind: stack < "s003" ? "few" : "rest" },
      });
    }
    const client = new Client(server, "roost/many/x");
    const first = await client.call("GET", "/api/user/stacks?project=many");
    const token = encodeURIComponent(first.body.continuationToken);
    const second = await client.call("GET", `/api/user/stacks?project=many&continuationToken=${token}`);
    expect(second.body.continuationToken).toBeUndefined();
    const found = [...first.body.stacks, ...second.body.stacks].map(
      ({ stackName }: { stackName: string }) => stackName,
    );
    expect(found).toEqual(names);
    const few = await client.call("GET", "/api/user/stacks?project=many&tagName=kind&tagValue=few");
    expect(few.body.stacks).toHaveLength(3);
    expect((await client.call("GET", "/api/user/stacks?organization=other")).body.stacks).toEqual([]);
  });

  it("has its tags replaced as a whole, also by an update that starts", async () => {
    const client = await newStack({ tags: { a: "1" } });
    expect(await client.call("PATCH", `${client.path}/tags`, { b: "2" })).toEqual(done);
    expect((await client.get()).body.tags).toEqual({ b: "2" });
    const update = await client.begin("update", { tags: { c: "3" } });
    await update.complete();
    expect((await client.get()).body.tags).toEqual({ c: "3" });
    await (await client.begin("update", {})).complete();
    expect((await client.get()).body.tags).toEqual({ c: "3" });
  });

  it("keeps secrets and state when it is renamed into another project, and every URN follows", async () => {
    const client = await newStack();
    const { ciphertext } = (await client.post("/encrypt", { plaintext: base64("hush") })).body;
    await client.post("/import", client.state(["a"]));
    expect(await client.post("/rename", { newName: "moved", newProject: "elsewhere" })).toEqual(done);
    expect((await client.get()).status).toBe(404);
    const moved = new Client(server, "roost/elsewhere/moved");
    expect(await moved.urns()).toEqual([moved.stackUrn, moved.groupUrn("a")]);
    expect((await moved.post("/decrypt", { ciphertext })).body).toEqual({ plaintext: base64("hush") });
    expect((await moved.get("/updates")).body.updates[0]).toMatchObject({ kind: "import", version: 2 });
    const other = await newStack();
    expect((await other.post("/rename", { newName: "moved", newProject: "elsewhere" })).status).toBe(409);
  });

  it("with resources is deleted only by force, and can be brought back with its history", async () => {
    const client = await newStack();
    await client.post("/import", client.state(["a"]));
    expect(await client.call("DELETE", `${client.path}?force=false`)).toEqual({
      status: 400,
      body: { code: 400, message: "Bad Request: Stack still contains resources." },
    });
    expect(await client.call("DELETE", `${client.path}?force=true`)).toEqual(done);
    expect((await client.get()).status).toBe(404);
    const principal = await server.parts.store.findStack(server.organizationId, "stacks", client.stack);
    expect(principal).toBeUndefined();
    await server.backend.undeleteStack(await admin(), { project: "stacks", stack: client.stack });
    expect(await client.urns()).toHaveLength(2);
    expect(await client.call("DELETE", `${client.path}?force=true`)).toEqual(done);
    expect((await client.init()).status).toBe(200);
    await expect(
      server.backend.undeleteStack(await admin(), { project: "stacks", stack: client.stack }),
    ).rejects.toThrow("already exists");
  });

  it("cannot be brought back after 30 days", async () => {
    const client = await newStack();
    await client.post("/import", client.state(["a"]));
    await client.call("DELETE", `${client.path}?force=true`);
    await sql`UPDATE stack SET deleted_at = now() - interval '31 days' WHERE name = ${client.stack}`.execute(
      server.database.db,
    );
    await server.backend.retain({ versions: 100, days: 1000, deletedDays: 30, unstartedMinutes: 60 });
    await expect(
      server.backend.undeleteStack(await admin(), { project: "stacks", stack: client.stack }),
    ).rejects.toThrow("does not exist");
  });
});

async function admin() {
  const { db } = server.database;
  const account = await db
    .selectFrom("account")
    .selectAll()
    .where("name", "=", "admin")
    .executeTakeFirstOrThrow();
  return {
    kind: "account" as const,
    tokenId: "",
    scopes: null,
    accountId: account.id,
    name: account.name,
    organizationId: server.organizationId,
    organizationName: "roost",
    bindings: [{ role: "admin" as const, projectId: null }],
  };
}

describe("an import", () => {
  it("becomes the next version; every version stays readable", async () => {
    const client = await newStack();
    for (const names of [["a"], ["a", "b"]]) {
      const { status, body } = await client.post("/import", client.state(names));
      expect(status).toBe(200);
      expect((await client.get(`/update/${body.updateId}`)).body).toEqual({
        status: "succeeded",
        events: [],
      });
    }
    expect(await client.urns(1)).toHaveLength(2);
    expect(await client.urns(2)).toEqual(await client.urns());
    expect((await client.get("/export/3")).status).toBe(404);
    expect((await client.get("/export/0")).status).toBe(400);
  });

  it("that no engine could read is refused with every fault, and changes nothing", async () => {
    const client = await newStack();
    const state = client.state(["a", "b"]);
    state.deployment.resources.reverse();
    const reply = await client.post("/import", state);
    expect(reply.status).toBe(400);
    expect(reply.body.message.match(/comes after it/g)).toHaveLength(2);
    expect((await client.get()).body.version).toBe(0);
  });

  it.each([2, 5, "3"])("of schema version %s is refused", async (version) => {
    const client = await newStack();
    expect((await client.post("/import", { ...client.state([]), version })).status).toBe(400);
  });

  it("keeps secrets that another server keeps as they are", async () => {
    const client = await newStack();
    const state = client.state([]);
    const foreign = {
      type: "service",
      state: { url: "https://elsewhere.example", owner: "roost", project: "stacks", stack: client.stack },
    };
    const secret = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: base64("not ours, but long enough to be taken for it"),
    };
    Object.assign(state.deployment, { secrets_providers: foreign });
    Object.assign(state.deployment.resources[0] as object, { outputs: { secret } });
    expect((await client.post("/import", state)).status).toBe(200);
    expect((await client.exported()).deployment.secrets_providers).toEqual(foreign);
  });

  it("of another stack's secrets still names that stack, by the names of today", async () => {
    const keeper = await newStack();
    const client = await newStack();
    const state = client.state([]);
    const service = {
      type: "service",
      state: { url: server.url, owner: "roost", project: "stacks", stack: keeper.stack },
    };
    Object.assign(state.deployment, { secrets_providers: service });
    await client.post("/import", state);
    await keeper.post("/rename", { newName: `${keeper.stack}-new` });
    expect((await client.exported()).deployment.secrets_providers.state.stack).toBe(`${keeper.stack}-new`);
  });
});

describe("the server's address", () => {
  it("is no part of what is stored; an export has the one that the caller used", async () => {
    const client = await newStack();
    const update = await client.begin();
    const state = { url: server.url, owner: "roost", project: "stacks", stack: client.stack };
    await update.journal([
      { kind: 6, sequenceID: 1, operationID: 0, secretsProvider: { type: "service", state } },
      ...client.creates(["a"], 2),
    ]);
    await update.complete();
    const local = server.url.replace("127.0.0.1", "localhost");
    const replica = await server.replica();
    try {
      for (const url of [server.url, local, replica.url]) {
        const { deployment } = await new Client(
          { url, adminToken: server.adminToken },
          `roost/stacks/${client.stack}`,
        ).exported();
        expect(deployment.secrets_providers).toEqual({ type: "service", state: { ...state, url } });
      }
    } finally {
      await replica.close();
    }
    const bytes = await server.parts.store.findContent((await client.get()).body.id);
    expect(JSON.stringify(await decode(bytes))).not.toContain(new URL(server.url).port);
  });
});

async function decode(bytes: Buffer | undefined) {
  const { decodeContent } = await import("../../../automation-api/state-backend/content.ts");
  return decodeContent(bytes as Buffer);
}

describe("secrets", () => {
  it("are encrypted one by one and in batches, in order, and never twice alike", async () => {
    const client = await newStack();
    const plaintexts = ["one", "two", "", "one"].map(base64);
    const { ciphertexts } = (await client.post("/batch-encrypt", { plaintexts })).body;
    expect(new Set(ciphertexts).size).toBe(4);
    const opened = (await client.post("/batch-decrypt", { ciphertexts })).body.plaintexts;
    expect(ciphertexts.map((ciphertext: string) => opened[ciphertext])).toEqual(plaintexts);
    expect((await client.post("/decrypt", { ciphertext: ciphertexts[1] })).body).toEqual({
      plaintext: base64("two"),
    });
  });

  it("of one stack are not readable through another, nor with another master key, nor when changed", async () => {
    const client = await newStack();
    const { ciphertext } = (await client.post("/encrypt", { plaintext: base64("hush") })).body;
    expect((await (await newStack()).post("/decrypt", { ciphertext })).status).toBe(400);
    const changed = Buffer.from(ciphertext, "base64");
    changed[changed.length - 1]! ^= 1;
    expect((await client.post("/decrypt", { ciphertext: changed.toString("base64") })).status).toBe(400);
    const replica = await server.replica({ parts: { cipher: createStackCipher([randomBytes(32)]) } });
    try {
      const other = new Client(replica, `roost/stacks/${client.stack}`);
      expect((await other.post("/decrypt", { ciphertext })).status).toBe(400);
    } finally {
      await replica.close();
    }
    const rotated = await server.replica({
      parts: { cipher: createStackCipher([randomBytes(32), server.masterKey]) },
    });
    try {
      const other = new Client(rotated, `roost/stacks/${client.stack}`);
      expect((await other.post("/decrypt", { ciphertext })).body).toEqual({ plaintext: base64("hush") });
    } finally {
      await rotated.close();
    }
  });

  it("leave an audit row each time they are decrypted or shown", async () => {
    const client = await newStack();
    const { id } = (await client.get()).body;
    const { ciphertexts } = (await client.post("/batch-encrypt", { plaintexts: ["a", "b"].map(base64) }))
      .body;
    await client.post("/batch-decrypt", { ciphertexts });
    expect(await client.post("/decrypt/log-decryption", { secretName: "proj:key" })).toEqual(done);
    expect(
      await client.post("/decrypt/log-batch-decryption", { commandName: "config --show-secrets" }),
    ).toEqual(done);
    const own = async (action: string) => (await auditOf(action)).filter(({ object }) => object === id);
    expect(await own("secret.decrypt")).toMatchObject([
      { actor: "admin", phase: "result", detail: { count: 2 } },
    ]);
    expect(await own("secret.show")).toMatchObject([
      { detail: { secretName: "proj:key" } },
      { detail: { commandName: "config --show-secrets" } },
    ]);
  });
});

describe("who may do what", () => {
  const requests: [string, (client: Client) => Promise<{ status: number }>, number][] = [
    ["see it", (client) => client.get(), 200],
    ["see its history", (client) => client.get("/updates"), 200],
    ["read its state", (client) => client.get("/export"), 403],
    ["import", (client) => client.post("/import", client.state([])), 403],
    ["encrypt", (client) => client.post("/encrypt", { plaintext: "" }), 403],
    ["decrypt", (client) => client.post("/decrypt", { ciphertext: base64("x") }), 403],
    ["update", (client) => client.post("/update", {}), 403],
    ["preview", (client) => client.post("/preview", {}), 403],
    ["tag", (client) => client.call("PATCH", `${client.path}/tags`, {}), 403],
    ["rename", (client) => client.post("/rename", { newName: "x" }), 403],
    ["delete", (client) => client.call("DELETE", client.path), 403],
  ];
  it.each(requests)("a viewer asks to %s", async (_name, request, status) => {
    const client = await newStack();
    const projectId = (await server.parts.store.findProject(server.organizationId, "stacks")) as string;
    const { token } = await server.tokenOf({ roles: [{ role: "viewer", projectId }] });
    expect((await request(new Client(server, `roost/stacks/${client.stack}`, token))).status).toBe(status);
  });

  it.each(requests)("somebody of another project asks to %s and learns nothing", async (_name, request) => {
    const client = await newStack();
    const projectId = await server.project(`foreign-${randomBytes(4).toString("hex")}`);
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId }] });
    expect((await request(new Client(server, `roost/stacks/${client.stack}`, token))).status).toBe(404);
    expect(
      (await new Client(server, "roost/stacks/x", token).call("GET", "/api/user/stacks")).body.stacks,
    ).toEqual([]);
  });

  it.each(requests)(
    "another organization's name in the path is as good as none: %s",
    async (_name, request) => {
      const client = await newStack();
      expect((await request(new Client(server, `acme/stacks/${client.stack}`))).status).toBe(404);
    },
  );
});

describe("the engine of a deployment", () => {
  it("links its update, and a person's command is told of the deployment", async () => {
    const client = await newStack();
    const { deploymentId, token } = await runningDeployment(client);
    const refused = await client.post(`/update/${await client.create()}`, {});
    expect(refused).toEqual({
      status: 409,
      body: { code: 409, message: expect.stringContaining(deploymentId) },
    });
    const engine = new Client(server, `roost/stacks/${client.stack}`, token);
    const update = await engine.begin();
    const { db } = server.database;
    const row = await db
      .selectFrom("stack_update")
      .select("deployment_id")
      .where("id", "=", update.id)
      .executeTakeFirst();
    expect(row).toEqual({ deployment_id: deploymentId });
    const deployment = await db
      .selectFrom("deployment")
      .select("update_id")
      .where("id", "=", deploymentId)
      .executeTakeFirst();
    expect(deployment).toEqual({ update_id: update.id });
    const busy = await client.post(`/update/${await client.create()}`, {});
    expect(busy.body.message).toContain(`deployment ${deploymentId}`);
    expect(
      await update.events([{ sequence: 0, timestamp: 1, summaryEvent: { resourceChanges: { create: 1 } } }]),
    ).toEqual(done);
    await update.complete();
    expect(await db.selectFrom("event").selectAll().where("stream_id", "=", update.id).execute()).toEqual([]);
    expect((await client.get("/updates")).body.updates[0].resourceChanges).toEqual({ create: 1 });
  });

  it("writes no other stack, and nothing once its attempt is over", async () => {
    const client = await newStack();
    const other = await newStack();
    const { deploymentId, token } = await runningDeployment(client);
    const foreign = new Client(server, `roost/stacks/${other.stack}`, token);
    expect((await foreign.get("/export")).status).toBe(200);
    expect((await foreign.post("/update", {})).status).toBe(403);
    expect((await foreign.post("/import", other.state([]))).status).toBe(403);
    const { db } = server.database;
    await sql`UPDATE deployment SET epoch = epoch + 1, token_hash = NULL WHERE id = ${deploymentId}`.execute(
      db,
    );
    const engine = new Client(server, `roost/stacks/${client.stack}`, token);
    expect((await engine.post("/update", {})).status).toBe(401);
    const principal = {
      ...(await admin()),
      kind: "deployment" as const,
      deploymentId,
      stackId: (await client.get()).body.id,
      epoch: 1,
    };
    const request = { kind: "update" as const, dryRun: false, message: "", environment: {}, config: {} };
    await expect(
      server.backend.createUpdate(principal, { project: "stacks", stack: client.stack }, request),
    ).rejects.toThrow("attempt");
  });
});

async function runningDeployment(client: Client) {
  const { db } = server.database;
  const { id: stackId } = (await client.get()).body;
  const project = (await server.parts.store.findProject(server.organizationId, client.project)) as string;
  const { accountId } = await admin();
  const deploymentId = newId("dep");
  const { token, hash } = mintToken(deploymentId);
  await sql`
    INSERT INTO deployment (id, organization_id, project_id, stack_id, operation, state, program, requester_id, requester, epoch, token_hash)
    VALUES (${deploymentId}, ${server.organizationId}, ${project}, ${stackId}, 'update', 'running', '{}', ${accountId}, 'admin', 1, ${hash})`.execute(
    db,
  );
  return { deploymentId, token };
}

describe("what is sent wrongly", () => {
  it.each([
    ["GET", "/api/stacks/roost/../dev", undefined, 404],
    ["GET", "/api/stacks/roost/..%2f..%2fetc/dev", undefined, 400],
    ["GET", "/api/stacks/roost/p/%00", undefined, 400],
    ["POST", "/api/stacks/roost/p", { stackName: "../x" }, 400],
    ["POST", "/api/stacks/roost/p", { stackName: "" }, 400],
    ["POST", "/api/stacks/roost/p", {}, 400],
    ["POST", "/api/stacks/roost/p", { stackName: "x", tags: { a: 1 } }, 400],
    ["POST", "/api/stacks/roost/p", { stackName: "x", config: { environment: "e" } }, 400],
    [
      "POST",
      "/api/stacks/roost/p",
      { stackName: "x", state: { version: 3, deployment: { resources: 1 } } },
      400,
    ],
    ["PUT", "/api/stacks/roost/p/x/config", { environment: "e" }, 400],
    ["PATCH", "/api/stacks/roost/p/x/tags", { a: "x".repeat(257) }, 400],
    ["GET", "/api/stacks/roost/p/x/updates?page=0", undefined, 400],
    ["GET", "/api/stacks/roost/p/x/export/none", undefined, 400],
    ["POST", "/api/stacks/roost/p/x/update/not-an-id", {}, 400],
    ["POST", "/api/stacks/roost/p/x/encrypt", { plaintext: "%%" }, 400],
    ["GET", "/api/user/stacks?continuationToken=x", undefined, 400],
  ])("%s %s is refused with what is wrong", async (method, path, body, status) => {
    const before = await server.countRows();
    const reply = await new Client(server, "roost/p/x").call(method, path, body);
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ code: status, message: expect.any(String) });
    expect(await server.countRows()).toEqual(before);
  });

  it("an update is not started twice, nor one of another stack", async () => {
    const client = await newStack();
    const update = await client.begin();
    expect((await client.post(`/update/${update.id}`, {})).status).toBe(409);
    expect((await (await newStack()).post(`/update/${update.id}`, {})).status).toBe(404);
  });
});
