import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { SystemPrincipal } from "../../../automation-api/access/permissions.ts";
import { systemPrincipal } from "../../../automation-api/access/service.ts";
import { append, end, openStream } from "../../../automation-api/events/service.ts";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";

let server: DeploymentServer;
let system: SystemPrincipal;
beforeAll(async () => {
  server = await startDeploymentServer();
  system = await systemPrincipal(server.database.db, { id: server.organizationId, name: "roost" });
});
afterAll(() => server.close());

const secret = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "canary-view",
};

/** A stack with one bucket, and outputs of which one is secret. */
async function makeStack(project: string, stack: string, bucket = "data"): Promise<void> {
  await server.state.createStack(system, { project, stack }, {}).catch((error) => {
    if (error.code !== "conflict") throw error;
  });
  const root = `urn:pulumi:${stack}::${project}::pulumi:pulumi:Stack::${project}-${stack}`;
  const resource = (urn: string, type: string, more: object) => ({ urn, type, custom: false, ...more });
  const bytes = {
    version: 3,
    deployment: {
      manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" },
      resources: [
        resource(root, "pulumi:pulumi:Stack", { outputs: { url: "http://x", key: secret } }),
        resource(`urn:pulumi:${stack}::${project}::demo:index:Box::${bucket}`, "demo:index:Box", {
          parent: root,
        }),
      ],
    },
  };
  await server.state.importState(system, { project, stack }, bytes as never);
}

const get = (path: string, token?: string) => server.call("GET", path, token ? { token } : {});

async function pages(path: string, limit: number): Promise<Record<string, unknown>[]> {
  const items = [];
  let cursor: string | null = null;
  do {
    const { status, body } = await get(
      `${path}${path.includes("?") ? "&" : "?"}limit=${limit}${cursor ? `&cursor=${cursor}` : ""}`,
    );
    expect(status).toBe(200);
    items.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor);
  return items;
}

describe("a stack", () => {
  beforeAll(async () => {
    await makeStack("web", "dev");
    await makeStack("web", "dev");
    const { db } = server.database;
    await db
      .updateTable("stack")
      .set({
        config: JSON.stringify({
          "web:a": { string: "1" },
          "web:k": { string: "canary-cipher", secret: true },
        }),
        tags: JSON.stringify({ team: "x" }),
      })
      .where("name", "=", "dev")
      .execute();
  });

  it("is shown with resources, outputs, configuration and history, and no secret", async () => {
    const { status, body, text } = await get("/api/v1/stacks/web/dev");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      project: "web",
      stack: "dev",
      version: 2,
      resources: 2,
      tags: { team: "x" },
      config: { "web:a": { value: "1" }, "web:k": { secret: true } },
      outputs: { url: "http://x", key: { secret: true } },
      running: null,
      lastUpdate: { kind: "import", state: "succeeded", version: 2 },
    });
    expect(body.resourceList.map(({ type, name }: Record<string, string>) => [type, name])).toEqual([
      ["pulumi:pulumi:Stack", "web-dev"],
      ["demo:index:Box", "data"],
    ]);
    expect(body.history.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
    expect(text).not.toContain("canary");
  });

  it("has a history in pages", async () => {
    const items = await pages("/api/v1/stacks/web/dev/history", 1);
    expect(items.map(({ version }) => version)).toEqual([2, 1]);
    expect((await get("/api/v1/stacks/web/dev/history?cursor=eA")).status).toBe(400);
  });

  it("is 404 when it is not there, and 400 when its name is none", async () => {
    expect((await get("/api/v1/stacks/web/none")).status).toBe(404);
    expect((await get("/api/v1/stacks/none/dev")).status).toBe(404);
    for (const path of ["%2e%2e/dev", "web/%2e%2e", "web/a%2fb", "web/a%00"]) {
      expect([400, 404]).toContain((await get(`/api/v1/stacks/${path}`)).status);
    }
  });
});

describe("lists", () => {
  beforeAll(async () => {
    for (const stack of ["a", "b", "c", "d", "e"]) await makeStack("list", stack, `bucket-${stack}`);
    await makeStack("list2", "a", "100%_sure");
  });

  it("of projects and stacks have pages, in order", async () => {
    const projects = await pages("/api/v1/projects", 1);
    expect(projects.map(({ name, stacks }) => [name, stacks])).toEqual(
      expect.arrayContaining([
        ["list", 5],
        ["list2", 1],
      ]),
    );
    const stacks = await pages("/api/v1/stacks?project=list", 2);
    expect(stacks.map(({ stack }) => stack)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("of resources search type and text, literally", async () => {
    const boxes = await pages("/api/v1/resources?type=demo:index:Box&project=list", 2);
    expect(boxes.map(({ name }) => name).sort()).toEqual(
      ["a", "b", "c", "d", "e"].map((stack) => `bucket-${stack}`),
    );
    expect((await pages("/api/v1/resources?text=BUCKET-c", 50)).map(({ stack }) => stack)).toEqual(["c"]);
    expect((await pages("/api/v1/resources?text=0%25_s", 50)).map(({ name }) => name)).toEqual(["100%_sure"]);
    expect(await pages("/api/v1/resources?text=%25", 50)).toHaveLength(1);
    expect(await pages("/api/v1/resources?text=%5C", 50)).toHaveLength(0);
  });

  it("show each only their own projects", async () => {
    const { id } = await server.database.db
      .selectFrom("project")
      .select("id")
      .where("name", "=", "list2")
      .executeTakeFirstOrThrow();
    const { token } = await server.tokenOf({ roles: [{ role: "viewer", projectId: id }] });
    expect(
      (await get("/api/v1/projects", token)).body.items.map(({ name }: { name: string }) => name),
    ).toEqual(["list2"]);
    expect((await get("/api/v1/stacks", token)).body.items).toHaveLength(1);
    expect((await get("/api/v1/resources", token)).body.items).toHaveLength(2);
    for (const path of ["/api/v1/stacks/list/a", "/api/v1/stacks/list/a/history"]) {
      expect((await get(path, token)).status).toBe(404);
    }
  });

  it("are empty for somebody who sees nothing here", async () => {
    const { db } = server.database;
    await db.insertInto("organization").values({ id: "org_other", name: "other" }).execute();
    const { token } = await server.tokenOf({
      roles: [{ role: "admin", projectId: null }],
      organizationId: "org_other",
    });
    for (const path of ["projects", "stacks", "resources", "deployments"]) {
      expect((await get(`/api/v1/${path}`, token)).body).toEqual({ items: [], nextCursor: null });
    }
    expect((await get("/api/v1/stacks/list/a", token)).status).toBe(404);
  });

  it.each(["limit=0", "limit=201", "cursor=!", "cursor=YWJj", "x=1", "type=", "deleted=maybe"])(
    "refuse ?%s",
    async (query) => {
      for (const path of ["resources", "stacks"]) {
        const { status } = await get(`/api/v1/${path}?${query}`);
        expect([path, query, status]).toEqual([path, query, 400]);
      }
    },
  );
});

describe("deleting a stack", () => {
  it("refuses one with resources, forgets it when forced, and brings it back", async () => {
    await makeStack("gone", "dev");
    const path = "/api/v1/stacks/gone/dev";
    expect((await server.call("DELETE", path)).status).toBe(400);
    const { token } = await server.tokenOf({ roles: [{ role: "operator", projectId: null }] });
    expect((await server.call("DELETE", `${path}?force=true`, { token })).status).toBe(403);
    expect((await server.call("DELETE", `${path}?force=true`)).status).toBe(204);
    expect((await get(path)).status).toBe(404);
    expect((await get("/api/v1/resources?project=gone")).body.items).toEqual([]);
    expect((await get("/api/v1/stacks?deleted=true&project=gone")).body.items).toHaveLength(1);
    const back = await server.call("POST", `${path}/undelete`);
    expect([back.status, back.body.outputs?.url]).toEqual([200, "http://x"]);
    expect((await server.call("POST", `${path}/undelete`)).status).toBe(404);
    expect((await server.call("POST", "/api/v1/stacks/gone/never/undelete")).status).toBe(404);
  });
});

describe("events of an update that a person runs", () => {
  it("are followed by the update's id, by those who see the stack", async () => {
    const { db } = server.database;
    await makeStack("cli", "dev");
    const row = await db
      .selectFrom("stack as s")
      .innerJoin("project as p", "p.id", "s.project_id")
      .select(["s.id", "s.project_id"])
      .where("p.name", "=", "cli")
      .executeTakeFirstOrThrow();
    const id = "5f0c1b52-7a0f-4f5a-9d53-0a4d8a4f7c11";
    const owner = { id, organizationId: server.organizationId, projectId: row.project_id, stackId: row.id };
    await db.transaction().execute((tx) => openStream(tx, owner));
    await append(db, id, [{ kind: "engine", data: { sequence: 1, stdoutEvent: { message: "hi" } } }]);
    await end(db, id);
    const { status, text } = await get(`/api/v1/updates/${id}/events`);
    expect(status).toBe(200);
    expect(text).toContain('id: 1\nevent: engine\ndata: {"sequence":1');
    const { token } = await server.tokenOf({
      roles: [{ role: "viewer", projectId: await server.project("else") }],
    });
    expect((await get(`/api/v1/updates/${id}/events`, token)).status).toBe(404);
    expect((await get("/api/v1/updates/none-such-id/events")).status).toBe(404);
  });
});
