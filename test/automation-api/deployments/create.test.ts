import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type DeploymentServer, startDeploymentServer } from "./deployment-server.ts";

let server: DeploymentServer;
beforeAll(async () => {
  server = await startDeploymentServer();
});
afterAll(() => server.close());

const rowOf = (id: string) =>
  server.database.db.selectFrom("deployment").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

describe("POST /api/v1/deployments", () => {
  it("queues with row, audit lines, event and notice, and makes project and stack", async () => {
    const { status, headers, body } = await server.deploy({
      project: "hello",
      config: { message: "hi" },
      secrets: { apiKey: "canary-1" },
      message: "why",
    });
    expect(status).toBe(202);
    expect(headers.get("location")).toBe(`/api/v1/deployments/${body.id}`);
    expect(body).toMatchObject({
      state: "queued",
      project: "hello",
      stack: "dev",
      operation: "update",
      position: 0,
      waitingFor: null,
      message: "why",
      program: { builtin: "hello" },
    });
    const row = await rowOf(body.id);
    expect(row.config_patch["hello:message"]).toEqual({ value: "hi" });
    const { ciphertext } = row.config_patch["hello:apiKey"];
    const plain = server.cipher.decrypt(row.stack_id, Buffer.from(ciphertext, "base64")).toString();
    expect(plain).toBe("canary-1");
    const audit = await server.database.db
      .selectFrom("audit")
      .select(["action", "object", "phase", "detail"])
      .where("request_id", "=", row.request_id)
      .orderBy("id")
      .execute();
    expect(audit.map(({ action, phase }) => [action, phase])).toEqual([
      ["project.create", "result"],
      ["stack.create", "result"],
      ["deployment.update", "intent"],
    ]);
    expect(JSON.stringify([row, audit, body, server.log])).not.toContain("canary-1");
  });

  it("gives deployments of one stack their places in the order of commit, under load", async () => {
    const stacks = ["a", "b", "c"];
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, n) => server.deploy({ project: "order", stack: stacks[n % 3] })),
    );
    for (const stack of stacks) {
      const mine = replies.map(({ body }) => body).filter((body) => body.stack === stack);
      expect(mine.map(({ position }) => position).sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
      const listed = await server.call("GET", `/api/v1/deployments?project=order&stack=${stack}`);
      const positions = listed.body.items.map(({ position }: { position: number }) => position);
      expect(positions).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      for (const one of mine) {
        expect(listed.body.items[9 - one.position].id).toBe(one.id);
      }
    }
  });

  it("takes the program of the stack's last deployment", async () => {
    await server.deploy({ stack: "inherit" });
    const { status, body } = await server.deploy({
      stack: "inherit",
      program: undefined,
      operation: "destroy",
    });
    expect([status, body.program]).toEqual([202, { builtin: "hello" }]);
    const none = await server.deploy({ stack: "fresh", program: undefined });
    expect([none.status, none.body.faults[0].field]).toEqual([400, "program"]);
    const stacks = await server.database.db
      .selectFrom("stack")
      .select("name")
      .where("name", "=", "fresh")
      .execute();
    expect(stacks).toEqual([]);
  });

  it("keeps values as Pulumi's own files would", async () => {
    const { body } = await server.deploy({
      stack: "values",
      operation: "destroy",
      config: { text: "3", number: 3, yes: true, list: [1, { a: null }], "aws:region": "eu", gone: null },
      secrets: { object: { a: 1 }, "aws:token": "t", old: null },
    });
    const { config_patch: patch, stack_id } = await rowOf(body.id);
    const { "web:object": object, "aws:token": token, ...plain } = patch;
    expect(plain).toEqual({
      "web:text": { value: "3" },
      "web:number": { value: "3" },
      "web:yes": { value: "true" },
      "web:list": { value: '[1,{"a":null}]', object: true },
      "aws:region": { value: "eu" },
      "web:gone": null,
      "web:old": null,
    });
    const decrypt = (change: { ciphertext: string }) =>
      server.cipher.decrypt(stack_id, Buffer.from(change.ciphertext, "base64")).toString();
    expect([decrypt(object), decrypt(token)]).toEqual(['{"a":1}', "t"]);
  });

  it("keeps the trace and the request's id", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const { body, headers } = await server.call("POST", "/api/v1/deployments", {
      body: { project: "web", stack: "trace", operation: "preview", program: { builtin: "hello" } },
      headers: { traceparent },
    });
    const row = await rowOf(body.id);
    expect(row.request_id).toBe(headers.get("x-request-id"));
    expect(row.trace_parent).toContain("4bf92f3577b34da6a3ce929d0e0e4736");
  });
});

describe("configuration is judged when it is given", () => {
  it("names all faults at once, by the fields that were sent", async () => {
    const { status, body } = await server.deploy({
      stack: "faults",
      config: { replicas: 99, message: "", color: "red", port: "x" },
      secrets: { apiKey: "" },
    });
    expect(status).toBe(400);
    expect(body.faults.map(({ field }: { field: string }) => field).sort()).toEqual([
      "config.color",
      "config.message",
      "config.port",
      "config.replicas",
      "secrets.apiKey",
    ]);
  });

  it("counts what is stored and what earlier deployments bring", async () => {
    const stack = "merged";
    expect((await server.deploy({ stack, config: { replicas: 2 }, secrets: { apiKey: "k" } })).status).toBe(
      202,
    );
    // Not yet stored, but before this one: the key that no program takes is still there.
    expect((await server.deploy({ stack, operation: "destroy", config: { color: "red" } })).status).toBe(202);
    const bad = await server.deploy({ stack });
    expect(bad.body.faults).toEqual([expect.objectContaining({ field: "config.color" })]);
    expect((await server.deploy({ stack, config: { color: null } })).status).toBe(202);
    expect((await server.deploy({ stack })).status).toBe(202);
    // A preview leaves nothing behind, so its changes count for nobody else.
    expect((await server.deploy({ stack, operation: "preview", config: { replicas: 3 } })).status).toBe(202);
    await server.database.db
      .updateTable("stack")
      .set({ config: JSON.stringify({ "web:replicas": { string: "77" } }) })
      .where("name", "=", stack)
      .execute();
    await server.database.db
      .updateTable("deployment")
      .set({ state: "cancelled" })
      .where("state", "=", "queued")
      .execute();
    expect((await server.deploy({ stack })).body.faults).toEqual([
      expect.objectContaining({ field: "config.replicas" }),
    ]);
    expect((await server.deploy({ stack, operation: "destroy" })).status).toBe(202);
  });

  it("refuses a secret in the clear where the program asks for a secret, and the other way round", async () => {
    const { body } = await server.deploy({
      stack: "misplaced",
      config: { apiKey: "k" },
      secrets: { message: "m" },
    });
    expect(body.faults.map(({ field }: { field: string }) => field)).toEqual(
      expect.arrayContaining(["config.apiKey", "secrets.message"]),
    );
  });
});

const refused: [name: string, fields: Record<string, unknown>, field: string][] = [
  ["an unknown field", { colour: 1 }, "colour"],
  ["no project", { project: undefined }, "project"],
  ["a project that climbs", { project: ".." }, "project"],
  ["a project with a slash", { project: "a/b" }, "project"],
  ["a project with an encoded slash", { project: "a%2fb" }, "project"],
  ["an empty stack", { stack: "" }, "stack"],
  ["a stack of one dot", { stack: "." }, "stack"],
  ["a long stack", { stack: "x".repeat(101) }, "stack"],
  ["a stack with a line break", { stack: "a\nb" }, "stack"],
  ["an unknown operation", { operation: "up" }, "operation"],
  ["an unknown built-in", { program: { builtin: "helo" } }, "program.builtin"],
  [
    "a built-in that is a property of every object",
    { program: { builtin: "constructor" } },
    "program.builtin",
  ],
  ["no kind of program", { program: {} }, "program"],
  ["two kinds of program", { program: { builtin: "hello", folder: "x" } }, "program"],
  ["a path without archive", { program: { builtin: "hello", path: "x" } }, "program.path"],
  ["a missing folder", { program: { folder: "none" } }, "program.folder"],
  ["a folder outside", { program: { folder: "/etc" } }, "program.folder"],
  ["a folder that climbs", { program: { folder: "../../etc" } }, "program.folder"],
  ["a link out", { program: { folder: "link" } }, "program.folder"],
  ["an archive's id of another form", { program: { archive: "../x" } }, "program.archive"],
  ["a path that climbs", { program: { archive: `prg_${"0".repeat(26)}`, path: "../x" } }, "program.path"],
  ["a git url with a dash", { program: { git: { url: "--upload-pack=x" } } }, "program.git.url"],
  ["git's ext", { program: { git: { url: "ext::sh -c id" } } }, "program.git.url"],
  ["a file url", { program: { git: { url: "file:///etc" } } }, "program.git.url"],
  ["a user in the url", { program: { git: { url: "https://u:p@git.example.com/r" } } }, "program.git.url"],
  ["a private address", { program: { git: { url: "https://10.0.0.1/r" } } }, "program.git.url"],
  ["the metadata service", { program: { git: { url: "https://169.254.169.254/r" } } }, "program.git.url"],
  ["a ref with a dash", { program: { git: { url: "http://127.0.0.1/r", ref: "--x" } } }, "program.git.ref"],
  ["a refspec", { program: { git: { url: "http://127.0.0.1/r", ref: "+a:b" } } }, "program.git.ref"],
  [
    "a ref that climbs",
    { program: { git: { url: "http://127.0.0.1/r", ref: "a/../b" } } },
    "program.git.ref",
  ],
  ["a config key of strange form", { config: { "a b": 1 } }, "config.a b"],
  ["the same key twice", { config: { message: "a", "bad:message": "b" } }, "config.bad:message"],
  ["a key that is both", { config: { message: "a" }, secrets: { message: "b" } }, "secrets.message"],
  ["what looks like ciphertext", { config: { "aws:x": { a: { secure: "v1:" } } } }, "config.aws:x"],
  ["no parallelism", { options: { parallel: 0 } }, "options.parallel"],
  ["too much parallelism", { options: { parallel: 257 } }, "options.parallel"],
  ["a target that is no URN", { options: { targets: ["--all"] } }, "options.targets[0]"],
  ["an unknown option", { options: { force: true } }, "options.force"],
  [
    "an option of another operation",
    { operation: "refresh", options: { replace: ["urn:pulumi:dev::web::a::b"] } },
    "options.replace",
  ],
  ["a long message", { message: "x".repeat(1001) }, "message"],
];

describe("bad input", () => {
  beforeAll(async () => {
    await symlink("/etc", path.join(server.programRoot, "link"));
  });

  it.each(refused)(
    "%s is a 400 that names the field, and nothing is stored",
    async (_name, fields, field) => {
      const before = await server.countRows();
      const { status, body } = await server.deploy({ project: "bad", ...fields });
      expect(status).toBe(400);
      expect(body.faults.map((fault: { field: string }) => fault.field).join()).toContain(
        field === "program" ? "program" : field,
      );
      expect(await server.countRows()).toEqual(before);
    },
  );

  it("takes plain http only where the operator allows it", async () => {
    const allowed = await server.deploy({
      project: "git",
      program: { git: { url: "http://127.0.0.1:9/r" } },
    });
    expect(allowed.status).toBe(202);
  });
});

describe("permissions", () => {
  let project: string;
  beforeAll(async () => {
    project = await server.project("shared");
    await mkdir(path.join(server.programRoot, "own"));
    await writeFile(path.join(server.programRoot, "own", "Pulumi.yaml"), "name: own\nruntime: nodejs\n");
  });

  it("a viewer may not, an operator may where the project is there, and stacks are made", async () => {
    const viewer = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
    const operator = await server.tokenOf({ roles: [{ role: "operator", projectId: null }] });
    expect((await server.deploy({ project: "shared" }, viewer.token)).status).toBe(403);
    expect((await server.deploy({ project: "shared", stack: "new" }, operator.token)).status).toBe(202);
    const forbidden = await server.deploy({ project: "unmade" }, operator.token);
    expect([forbidden.status, forbidden.body.detail]).toEqual([
      403,
      expect.stringContaining("project:create"),
    ]);
  });

  it("a stack needs its own permission to be made", async () => {
    const scopes = ["deployment:create", "stack:read"] as const;
    const narrow = await server.tokenOf({
      roles: [{ role: "operator", projectId: null }],
      scopes: [...scopes],
    });
    const forbidden = await server.deploy({ project: "shared", stack: "unmade" }, narrow.token);
    expect([forbidden.status, forbidden.body.detail]).toEqual([403, expect.stringContaining("stack:create")]);
    expect((await server.deploy({ project: "shared", stack: "new" }, narrow.token)).status).toBe(202);
  });

  it("somebody of one project learns nothing of others", async () => {
    await server.project("foreign");
    const bound = await server.tokenOf({ roles: [{ role: "operator", projectId: project }] });
    const foreign = await server.deploy({ project: "foreign" }, bound.token);
    const missing = await server.deploy({ project: "missing" }, bound.token);
    expect([foreign.status, missing.status]).toEqual([404, 404]);
    expect(foreign.body.detail.replace("foreign", "X")).toBe(missing.body.detail.replace("missing", "X"));
    expect((await server.deploy({ project: "shared" }, bound.token)).status).toBe(202);
  });

  it("code of one's own needs program:run-code, also when it is inherited", async () => {
    const operator = await server.tokenOf({ roles: [{ role: "operator", projectId: null }] });
    const program = { folder: "own" };
    const forbidden = await server.deploy({ project: "shared", stack: "code", program }, operator.token);
    expect([forbidden.status, forbidden.body.detail]).toEqual([
      403,
      expect.stringContaining("program:run-code"),
    ]);
    expect((await server.deploy({ project: "shared", stack: "code", program })).status).toBe(202);
    const inherited = await server.deploy(
      { project: "shared", stack: "code", program: undefined },
      operator.token,
    );
    expect(inherited.status).toBe(403);
  });

  it("a token that may only queue gets its reply", async () => {
    const narrow = await server.tokenOf({
      roles: [{ role: "operator", projectId: null }],
      scopes: ["deployment:create", "stack:create"],
    });
    expect((await server.deploy({ project: "shared", stack: "blind" }, narrow.token)).status).toBe(202);
  });

  it("the engine of a deployment queues none", async () => {
    const { body } = await server.deploy({ project: "shared", stack: "engine" });
    const row = await rowOf(body.id);
    const principal = {
      kind: "deployment" as const,
      accountId: row.requester_id,
      name: "engine",
      organizationId: row.organization_id,
      organizationName: "roost",
      bindings: [{ role: "admin" as const, projectId: null }],
      deploymentId: body.id,
      stackId: row.stack_id,
      epoch: 1,
    };
    const input = {
      project: "shared",
      stack: "engine",
      operation: "update" as const,
      message: "",
      options: {},
    };
    await expect(server.deployments.create(principal, input)).rejects.toMatchObject({ code: "forbidden" });
    await expect(server.deployments.cancel(principal, body.id)).rejects.toMatchObject({ code: "forbidden" });
  });
});
