import http from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { accessRoutes } from "../../../automation-api/access/routes.ts";
import { RoostError } from "../../../automation-api/errors.ts";
import { type Route, route } from "../../../automation-api/http/route.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const reply = { 200: { description: "ok", schema: z.object({ seen: z.string() }) } };
const routes: Route[] = [
  route({
    method: "get",
    path: "/api/v1/echo/:name",
    summary: "echo",
    tag: "Test",
    access: "authenticated",
    params: z.object({ name: z.string().regex(/^[a-z0-9.-]+$/) }),
    query: z.object({ times: z.coerce.number().int().max(3).default(1) }),
    replies: reply,
    handler: async ({ params, query }) => ({
      status: 200,
      body: { seen: params.name.repeat(query.times), internal: "never shown" },
    }),
  }),
  route({
    method: "post",
    path: "/api/v1/echo",
    summary: "echo",
    tag: "Test",
    access: "deployment:create",
    body: z.strictObject({
      name: z.string().max(50),
      kind: z.enum(["small", "large"]).optional(),
      secrets: z.record(z.string(), z.string()).optional(),
      from: z
        .union([z.strictObject({ builtin: z.string() }), z.strictObject({ git: z.url(), ref: z.string() })])
        .optional(),
    }),
    replies: reply,
    handler: async ({ body, origin }) => ({ status: 200, body: { seen: `${body.name} ${origin}` } }),
  }),
  route({
    method: "get",
    path: "/api/v1/fails/:how",
    summary: "fails",
    tag: "Test",
    access: "public",
    params: z.object({ how: z.enum(["bug", "away", "conflict"]) }),
    replies: reply,
    handler: async ({ params }) => {
      if (params.how === "conflict")
        throw new RoostError("conflict", "It is busy.", { retryAfterSeconds: 2 });
      if (params.how === "away") throw Object.assign(new Error("down"), { code: "57P01" });
      throw new Error(
        "secret detail: token roost_tokaaaaaaaaaa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_00000000",
      );
    },
  }),
  route({
    method: "post",
    path: "/api/stacks/:org/journal",
    summary: "wire",
    tag: "Wire",
    access: "public",
    protocol: "pulumi",
    bodyLimitBytes: 100_000,
    params: z.object({ org: z.string() }),
    body: z.object({ entries: z.array(z.number()) }),
    replies: reply,
    handler: async ({ body, headers }) => ({
      status: 200,
      body: { seen: `${body.entries.length} ${headers.authorization}` },
    }),
  }),
];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ routes: ({ database }) => [...accessRoutes(database), ...routes] });
});
afterAll(() => server.close());

describe("replies", () => {
  test("are built from their schema, uncached, under a closed policy, with the request's id", async () => {
    const got = await server.call("GET", "/api/v1/echo/ab?times=2", {
      headers: { "x-request-id": "my-request-1" },
    });
    expect(got.status).toBe(200);
    expect(got.body).toEqual({ seen: "abab" });
    expect(Object.fromEntries(got.headers)).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "x-content-type-options": "nosniff",
      "x-request-id": "my-request-1",
    });
    expect(got.headers.get("access-control-allow-origin")).toBeNull();
    expect(got.headers.get("x-powered-by")).toBeNull();
  });

  test("take the caller's own address as origin", async () => {
    const got = await server.call("POST", "/api/v1/echo", { body: { name: "x" } });
    expect(got.body.seen).toBe(`x ${server.url}`);
  });

  test("keep a public page and the documentation free of inline scripts and foreign addresses", async () => {
    for (const path of [
      "/",
      "/docs",
      "/docs/start.mjs",
      "/docs/page.css",
      "/docs/swagger-ui-bundle.js",
      "/ui",
      "/docs/reset.mjs",
    ]) {
      const got = await server.call("GET", path, { token: null });
      expect([path, got.status]).toEqual([path, 200]);
    }
    const page = await server.call("GET", "/docs", { token: null });
    expect(page.headers.get("content-security-policy")).toMatch(/script-src 'self'(;|$)/);
    expect(page.text).not.toMatch(/<script>|\son\w+=|https?:\/\//);
  });

  test("describe the product's API, and not the wire protocol, in OpenAPI 3.1", async () => {
    const { body } = await server.call("GET", "/openapi.json", { token: null });
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toContain("/api/v1/echo/{name}");
    expect(Object.keys(body.paths)).not.toContain("/api/stacks/{org}/journal");
    const create = body.paths["/api/v1/echo"].post;
    expect(create.requestBody.content["application/json"].schema).toMatchObject({
      additionalProperties: false,
      required: ["name"],
    });
    expect(create.responses.default.content).toHaveProperty("application/problem+json");
    expect(body.components.schemas.Problem.properties).toHaveProperty("faults");
  });
});

describe("bad input", () => {
  const cases: [string, string, string, unknown, number, object[]][] = [
    [
      "unknown field",
      "POST",
      "/api/v1/echo",
      { name: "a", nmae: 1 },
      400,
      [{ field: "nmae", allowed: "name, kind, secrets, from" }],
    ],
    [
      "wrong type",
      "POST",
      "/api/v1/echo",
      { name: 7 },
      400,
      [{ field: "name", given: "number 7", allowed: "string" }],
    ],
    [
      "not of the list",
      "POST",
      "/api/v1/echo",
      { name: "a", kind: "huge" },
      400,
      [{ field: "kind", given: '"huge"', allowed: "small, large" }],
    ],
    [
      "too long, not echoed",
      "POST",
      "/api/v1/echo",
      { name: "x y".repeat(30) },
      400,
      [{ field: "name", given: "a string of 90 characters" }],
    ],
    [
      "secret, not echoed",
      "POST",
      "/api/v1/echo",
      { name: "a", secrets: { key: 12345678 } },
      400,
      [{ field: "secrets.key", given: "number (hidden)" }],
    ],
    [
      "nearest branch of a union",
      "POST",
      "/api/v1/echo",
      { name: "a", from: { git: "https://x.example" } },
      400,
      [{ field: "from.ref" }],
    ],
    ["missing body", "POST", "/api/v1/echo", undefined, 400, [{ field: "body", given: "nothing" }]],
    ["not JSON", "POST", "/api/v1/echo", '{"name":', 400, [{ field: "body" }]],
    [
      "not UTF-8",
      "POST",
      "/api/v1/echo",
      Buffer.from([0x22, 0xff, 0x22]),
      400,
      [{ field: "body", message: "is not UTF-8" }],
    ],
    [
      "too deep",
      "POST",
      "/api/v1/echo",
      "[".repeat(400_000) + "]".repeat(400_000),
      400,
      [{ field: "body", allowed: "32 levels" }],
    ],
    ["NUL", "POST", "/api/v1/echo", { name: "a\0b" }, 400, [{ field: "name" }]],
    [
      "prototype",
      "POST",
      "/api/v1/echo",
      '{"name":"a","__proto__":{"x":1}}',
      400,
      [{ message: expect.stringContaining("__proto__") as unknown }],
    ],
    [
      "too large",
      "POST",
      "/api/v1/echo",
      { name: "x".repeat(1_100_000) },
      413,
      [{ field: "body", allowed: "1048576 bytes" }],
    ],
    ["body of a GET", "POST", "/api/v1/tickets", { name: "a" }, 400, [{ field: "body" }]],
    [
      "unknown query",
      "GET",
      "/api/v1/echo/ab?tmes=2",
      undefined,
      400,
      [{ field: "query.tmes", allowed: "times" }],
    ],
    ["query where none is", "GET", "/api/v1/me?x=1", undefined, 400, [{ field: "query.x" }]],
    ["query twice", "GET", "/api/v1/echo/ab?times=1&times=2", undefined, 400, [{ field: "query.times" }]],
    ["NUL in the path", "GET", "/api/v1/echo/a%00b", undefined, 400, [{ field: "path.name" }]],
    ["path trick", "GET", "/api/v1/echo/..%2f..%2fetc", undefined, 400, [{ field: "path.name" }]],
    ["bad percent-encoding", "GET", "/api/v1/echo/%E0%A4%A", undefined, 400, [{ field: "path" }]],
    ["unknown address", "GET", "/api/v1/nothing", undefined, 404, []],
    ["long address", "GET", `/api/v1/echo/${"a".repeat(9_000)}`, undefined, 413, []],
  ];
  test.each(cases)("%s", async (_name, method, path, body, status, faults) => {
    const got = await server.call(method, path, { body });
    expect({ status: got.status, type: got.headers.get("content-type") }).toEqual({
      status,
      type: "application/problem+json",
    });
    expect(got.body.faults).toEqual(faults.map((fault) => expect.objectContaining(fault)));
    expect(got.body.requestId).toBe(got.headers.get("x-request-id"));
  });

  test("another content type, or none, is named with what is expected", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const got = await server.call("POST", "/api/v1/echo", { body: "name=a", headers });
    expect(got.status).toBe(415);
    expect(got.body.faults[0]).toMatchObject({ field: "header.content-type", allowed: "application/json" });
  });

  test("a compressed body is limited by what it unpacks to, and by being one", async () => {
    const headers = { "content-encoding": "gzip", "content-type": "application/json" };
    const bomb = gzipSync(JSON.stringify({ name: "x".repeat(20_000_000) }));
    const asText = (bytes: Buffer) => bytes as unknown as string;
    const statuses = [];
    for (const body of [bomb, Buffer.from("no gzip"), gzipSync(JSON.stringify({ name: "a" }))]) {
      statuses.push((await server.call("POST", "/api/v1/echo", { body: asText(body), headers })).status);
    }
    const odd = { ...headers, "content-encoding": "compress" };
    statuses.push((await server.call("POST", "/api/v1/echo", { body: "x", headers: odd })).status);
    expect(statuses).toEqual([413, 400, 200, 415]);
  });

  test("a method that is not there is 405 with those that are", async () => {
    const got = await server.call("DELETE", "/api/v1/echo/ab");
    expect([got.status, got.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await server.call("OPTIONS", "/api/v1/echo")).status).toBe(405);
  });

  test("what is no HTTP, or has huge headers, gets an answer too", async () => {
    const tooLong = await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}\r\n\r\n`);
    expect(tooLong).toMatch(/^HTTP\/1.1 431 .*problem\+json/s);
    expect(await raw("nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400 .*problem\+json/s);
    expect(await raw("GET /api/v1/fails/bug HTTP/1.1\r\nHost: a/b@c\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 400/,
    );
  });
});

describe("errors", () => {
  test("a bug is 500 without its text, and logged without the token in it", async () => {
    const got = await server.call("GET", "/api/v1/fails/bug", { token: null });
    expect(got.status).toBe(500);
    expect(got.text).not.toContain("secret detail");
    const line = server.log.find(
      (entry) => entry.includes(got.body.requestId) && entry.includes("secret detail"),
    );
    expect(line).toContain("[redacted]");
    expect(line).not.toContain("AAAAAAAA");
  });

  test("a database that is away is 503, a conflict 409, both with Retry-After", async () => {
    const away = await server.call("GET", "/api/v1/fails/away");
    expect([away.status, away.headers.get("retry-after")]).toEqual([503, "1"]);
    const conflict = await server.call("GET", "/api/v1/fails/conflict");
    expect([conflict.status, conflict.headers.get("retry-after")]).toEqual([409, "2"]);
  });

  test("the pulumi command gets code and message, and may send what we do not know", async () => {
    const headers = { authorization: "update-token abc", "content-encoding": "gzip" };
    const body = gzipSync('{"entries":[1,2],"future":true}') as unknown as string;
    const good = await server.call("POST", "/api/stacks/o/journal", { token: null, body, headers });
    expect(good.body).toEqual({ seen: "2 update-token abc" });
    const bad = await server.call("POST", "/api/stacks/o/journal", { token: null, body: { entries: "x" } });
    expect(bad.body).toEqual({ code: 400, message: expect.stringContaining("entries") });
    const unknown = await server.call("GET", "/api/nothing/here", { token: null });
    expect(unknown.body).toEqual({ code: 404, message: expect.any(String) });
    const large = await server.call("POST", "/api/stacks/o/journal", {
      body: { entries: "x".repeat(200_000) },
    });
    expect(large.body.code).toBe(413);
  });
});

test("no header, body, query or path of a request is logged", async () => {
  await server.call("GET", "/api/v1/echo/canary-path?times=2&canary=query-canary");
  await server.call("POST", "/api/v1/echo", {
    body: { name: "canary-body" },
    headers: { "x-canary": "canary-header" },
  });
  const all = server.log.join("");
  expect(all).not.toMatch(/canary-path|query-canary|canary-body|canary-header/);
  expect(all).not.toContain(server.adminToken);
  expect(all).toContain("/api/v1/echo/:name");
});

/** Bytes as they are, and the whole answer. */
async function raw(text: string): Promise<string> {
  const { port } = new URL(server.url);
  const socket = (await import("node:net")).connect(Number(port), "127.0.0.1");
  socket.end(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

test("a client that leaves in the middle of its body is no error of ours", async () => {
  const request = http.request(`${server.url}/api/v1/echo`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      "content-type": "application/json",
      "content-length": "100",
    },
  });
  request.on("error", () => {});
  request.write('{"name":');
  await new Promise((resolve) => setImmediate(resolve));
  request.destroy();
  const got = await server.call("GET", "/api/v1/me");
  expect(got.status).toBe(200);
  expect(
    server.log.filter((line) => line.includes('"level":"error"') && !line.includes("/api/v1/fails")),
  ).toEqual([]);
});
