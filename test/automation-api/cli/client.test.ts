import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "@jest/globals";
import { z } from "zod";
import { Client } from "../../../automation-api/cli/client.ts";
import { exitCodeOf } from "../../../automation-api/cli/exit-codes.ts";
import { type ErrorCode, RoostError } from "../../../automation-api/errors.ts";
import { problemOf } from "../../../automation-api/http/problem.ts";

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map(stop)));

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function clientOf(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Client> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return new Client({
    ...{ origin: `http://127.0.0.1:${port}`, token: "a-token-of-a-test" },
    ...{ addressFrom: "--url", tokenFrom: "ROOST_TOKEN" },
  });
}

it.each([
  ["invalid", 2],
  ["unauthenticated", 3],
  ["forbidden", 3],
  ["not_found", 4],
  ["unavailable", 5],
  ["conflict", 6],
  ["precondition_failed", 6],
  ["rate_limited", 1],
  ["internal", 1],
] as [ErrorCode, number][])(
  "turns the problem %s into an error with exit code %i",
  async (code, exitCode) => {
    const problem = problemOf(new RoostError(code, `It is ${code}.`), "req_test");
    const client = await clientOf((_, response) => {
      response
        .writeHead(problem.status, { "content-type": "application/problem+json" })
        .end(JSON.stringify(problem));
    });
    const error = await client.send({ path: "/x" }).catch((caught) => caught);
    expect(error).toMatchObject({ code, message: expect.stringContaining(`It is ${code}.`) });
    expect(exitCodeOf(error)).toBe(exitCode);
  },
);

it("says how to log in when it must be, and where a refused token came from", async () => {
  const problem = JSON.stringify(problemOf(new RoostError("unauthenticated", "The token has expired."), "r"));
  const client = await clientOf((_, response) => void response.writeHead(401).end(problem));
  await expect(client.send({ path: "/x" })).rejects.toThrow(/comes from ROOST_TOKEN.*roost login http/s);
});

it("tells a server that is away from one that is none of ours", async () => {
  const gone = await clientOf(() => {});
  await stop(servers[0] as Server);
  await expect(gone.send({ path: "/x" })).rejects.toThrow(
    /no answer from http.*nothing listens there.*comes from --url.*roost start/s,
  );
  const other = await clientOf((_, response) => void response.end("<html>hello</html>"));
  await expect(other.send({ path: "/x", reply: z.object({}) })).rejects.toThrow(
    "not as this release of Roost",
  );
  const page = await clientOf((_, response) => void response.writeHead(404).end("nothing"));
  await expect(page.send({ path: "/x" })).rejects.toMatchObject({ code: "not_found" });
});

it("follows no redirect, which would take the token elsewhere", async () => {
  const seen: string[] = [];
  const client = await clientOf((request, response) => {
    seen.push(request.url ?? "");
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  await expect(client.send({ path: "/x" })).rejects.toMatchObject({ code: "unavailable" });
  expect(seen).toEqual(["/x"]);
});

it("sends a request again after a cut connection only when that is harmless", async () => {
  const seen: string[] = [];
  const client = await clientOf((request, response) => {
    seen.push(`${request.method} ${request.headers["idempotency-key"] ?? "-"}`);
    if (seen.length === 1) request.socket.destroy();
    else response.end("{}");
  });
  await client.send({ method: "POST", path: "/x", body: {}, idempotencyKey: "key-1" });
  expect(seen).toEqual(["POST key-1", "POST key-1"]);
  seen.length = 0;
  await expect(client.send({ method: "POST", path: "/x", body: {} })).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(seen).toEqual(["POST -"]);
});

it("reads a list page by page up to a limit, and says when there is more", async () => {
  const asked: string[] = [];
  const client = await clientOf((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    asked.push(url.search);
    const from = Number(url.searchParams.get("cursor") ?? 0);
    const items = Array.from({ length: Number(url.searchParams.get("limit")) }, (_, at) => from + at);
    response.end(JSON.stringify({ items, nextCursor: String(from + items.length) }));
  });
  const page = z.object({ items: z.array(z.number()), nextCursor: z.string().nullable() });
  const { items, more } = await client.list(
    { path: "/x", query: { state: "running", type: undefined } },
    page,
    250,
  );
  expect(items).toEqual(Array.from({ length: 250 }, (_, at) => at));
  expect(more).toBe(true);
  expect(asked).toEqual(["?state=running&limit=200", "?state=running&limit=50&cursor=200"]);
});
