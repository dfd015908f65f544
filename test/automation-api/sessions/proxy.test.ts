import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { WebSocket, WebSocketServer } from "ws";
import { Notices } from "../../../automation-api/db/notify.ts";
import { isForeign, readCookies } from "../../../automation-api/http/cookies.ts";
import type { Session } from "../../../automation-api/sessions/contract.ts";
import { readHost, toBrowser, toWorkload } from "../../../automation-api/sessions/proxy/headers.ts";
import { type RunningProxy, startProxy } from "../../../automation-api/sessions/service.ts";
import { until } from "../../support/processes.ts";
import { openSessionLab, type SessionLab } from "./session-lab.ts";

const id = `ses_${"0".repeat(26)}`;
const origin = `http://ses-${"0".repeat(26)}.localhost:8001`;

describe("headers", () => {
  it.each([
    ["its own host", `ses-${"0".repeat(26)}.localhost:8001`, { sessionId: id, origin }],
    ["capital letters", `SES-${"0".repeat(26)}.LocalHost:8001`, { sessionId: id, origin }],
    ["another port", `ses-${"0".repeat(26)}.localhost:9`, undefined],
    ["more labels", `a.ses-${"0".repeat(26)}.localhost:8001`, undefined],
    ["a user's name", "ann.localhost:8001", undefined],
    ["none", undefined, undefined],
  ])("a session is named by %s", (_name, host, expected) => {
    expect(readHost(host, "http://*.localhost:8001")).toEqual(expected);
  });

  it("to the workload: nothing of ours, and nothing that was pretended", () => {
    const sent = toWorkload(
      {
        host: "h",
        authorization: "Bearer secret",
        cookie: "a=1; roost_session=secret; __Host-roost_session=secret; b=2",
        "x-forwarded-for": "1.2.3.4",
        "x-forwarded-user": "root",
        forwarded: "for=1.2.3.4",
        "x-roost-user": "root",
        connection: "close, x-hop",
        "x-hop": "1",
        "transfer-encoding": "chunked",
        accept: "*/*",
      },
      { sessionId: id, user: "ann", origin, remote: "127.0.0.9" },
    );
    expect(sent).toEqual({
      host: "h",
      accept: "*/*",
      cookie: "a=1; b=2",
      "x-forwarded-for": "127.0.0.9",
      "x-forwarded-host": new URL(origin).host,
      "x-forwarded-proto": "http",
      "x-roost-session": id,
      "x-roost-user": "ann",
    });
  });

  it("to the browser: cookies for this host alone, and none by our names", () => {
    const cookies = [
      "a=1; Domain=localhost; Path=/",
      "roost_session=evil",
      "__Host-roost_session=evil",
      "b=2",
    ];
    expect(toBrowser({ "set-cookie": cookies, connection: "close", etag: "x" })).toEqual({
      "set-cookie": ["a=1; Path=/", "b=2"],
      etag: "x",
    });
  });

  it("all cookies of our name are read, since a neighbour may have set one for all", () => {
    expect(readCookies("roost_session=evil; x=1; roost_session=good=", "roost_session")).toEqual([
      "evil",
      "good=",
    ]);
  });

  it.each<[string, string, http.IncomingHttpHeaders, boolean, boolean]>([
    ["a page of its own", "POST", { origin, "sec-fetch-site": "same-origin" }, false, false],
    [
      "a link from elsewhere",
      "GET",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
      false,
      false,
    ],
    ["an address that was typed", "GET", { "sec-fetch-site": "none" }, false, false],
    ["no browser", "POST", {}, false, false],
    ["a neighbour's form", "POST", { origin: "http://ses-1.localhost:8001" }, false, true],
    [
      "a neighbour's fetch",
      "GET",
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" },
      false,
      true,
    ],
    ["a neighbour's WebSocket", "GET", { origin: "http://ses-1.localhost:8001" }, true, true],
    ["its own WebSocket", "GET", { origin, "sec-fetch-site": "same-origin" }, true, false],
    ["an opaque origin", "POST", { origin: "null" }, false, true],
  ])("%s", (_name, method, headers, upgrade, expected) => {
    expect(isForeign(method, headers, [origin], upgrade)).toBe(expected);
  });
});

describe("the proxy", () => {
  let lab: SessionLab;
  let notices: Notices;
  let proxy: RunningProxy;
  let workload: http.Server;
  let tokenId: string;
  const faults: unknown[] = [];
  const seen: http.IncomingMessage[] = [];

  beforeAll(async () => {
    lab = await openSessionLab();
    const token = await lab.database.db.selectFrom("token").select("id").executeTakeFirstOrThrow();
    tokenId = token.id;
    workload = http.createServer(async (request, response) => {
      seen.push(request);
      if (request.url === "/slow") {
        response.write("begun");
        return;
      }
      response.setHeader("set-cookie", "roost_session=evil; Domain=localhost");
      response.end(`${request.method} ${request.url} ${await text(request)}`);
    });
    new WebSocketServer({ server: workload }).on("connection", (socket) =>
      socket.on("message", (data) => socket.send(`echo ${data}`)),
    );
    await new Promise<void>((resolve) => workload.listen(0, "127.0.0.1", resolve));
    notices = new Notices(lab.database);
    notices.start();
    proxy = await startProxy({
      db: lab.database.db,
      notices,
      proxyUrl: "http://*.localhost:0",
      host: "127.0.0.1",
      port: 0,
      onFault: (message, error) => faults.push([message, error]),
    });
  });
  afterAll(async () => {
    await proxy.close();
    workload.closeAllConnections();
    workload.close();
    await notices.close();
    await lab.close();
    expect(faults).toEqual([]);
  });

  const port = () => Number(new URL(proxy.url.replace("*.", "")).port);
  const hostOf = (session: string) => `${session.replace("_", "-")}.localhost:${port()}`;

  /** A session of its own, whose workload is this test's. */
  async function session(user: string): Promise<Session> {
    const name = `of-${Math.random().toString(36).slice(2, 10)}`;
    const template = await lab.template(name);
    await lab.fill(template, 1);
    const made = await lab.create(user, name);
    const { port: at } = workload.address() as AddressInfo;
    await sql`UPDATE session SET address = '127.0.0.1', port = ${at} WHERE id = ${made.id}`.execute(
      lab.database.db,
    );
    return made;
  }

  /** As a browser asks; the name `….localhost` is looked up by nobody. */
  function ask(session: string, path: string, options: http.RequestOptions & { body?: string } = {}) {
    const { body, headers, ...rest } = options;
    return new Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }>(
      (resolve, reject) => {
        const request = http.request(
          {
            host: "127.0.0.1",
            port: port(),
            path,
            agent: false,
            headers: { host: hostOf(session), ...headers },
            ...rest,
          },
          (response) =>
            text(response).then(
              (said) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: said }),
              reject,
            ),
        );
        request.on("error", reject);
        request.end(body);
      },
    );
  }

  async function enter({ id: session }: Session): Promise<{ cookie: string; path: string }> {
    const { url } = await lab.sessions.open({ ...lab.admin, tokenId }, session);
    const path = `/.roost/ticket${new URL(url).search}`;
    const reply = await ask(session, path);
    expect(reply).toMatchObject({ status: 303, headers: { location: "/" } });
    const [cookie = ""] = reply.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^roost_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    return { cookie: cookie.split(";")[0] as string, path };
  }

  it("leads who has a ticket to the session, and nobody else, and no ticket twice", async () => {
    const one = await session("ann");
    expect(await ask(one.id, "/")).toMatchObject({ status: 401 });
    const { cookie, path } = await enter(one);
    expect(await ask(one.id, path)).toMatchObject({ status: 401 });
    const reply = await ask(one.id, "/a?b=c", { method: "POST", body: "hello", headers: { cookie } });
    expect(reply).toMatchObject({ status: 200, text: "POST /a?b=c hello" });
    expect(reply.headers["set-cookie"]).toBeUndefined();
    expect(seen.at(-1)?.headers).toMatchObject({ "x-roost-user": "ann", "x-roost-session": one.id });
    expect(JSON.stringify(seen.at(-1)?.headers)).not.toContain(cookie.split("=")[1]);
  });

  it("keeps a way into one session from leading into another", async () => {
    const [one, other] = [await session("ann"), await session("ben")];
    const { cookie } = await enter(one);
    expect(await ask(other.id, "/", { headers: { cookie } })).toMatchObject({ status: 401 });
    const { url } = await lab.sessions.open({ ...lab.admin, tokenId }, one.id);
    expect(await ask(other.id, `/.roost/ticket${new URL(url).search}`)).toMatchObject({ status: 401 });
    // A neighbour's page has set its own cookie for all of localhost: the right one counts.
    const tossed = `roost_session=evil; ${cookie}`;
    expect(await ask(one.id, "/", { headers: { cookie: tossed } })).toMatchObject({ status: 200 });
  });

  it("refuses a page of another session, by fetch, by form and by WebSocket, though the browser sends the cookie", async () => {
    const [one, hostile] = [await session("ann"), await session("eve")];
    const { cookie } = await enter(one);
    const from = `http://${hostOf(hostile.id)}`;
    const reached = seen.length;
    const fetched = { cookie, origin: from, "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" };
    expect(await ask(one.id, "/", { headers: fetched })).toMatchObject({ status: 403 });
    expect(await ask(one.id, "/", { method: "POST", headers: { cookie, origin: from } })).toMatchObject({
      status: 403,
    });
    expect(await opened(one, { cookie, origin: from })).toBe(403);
    expect(await opened(one, { origin: `http://${hostOf(one.id)}` })).toBe(401);
    expect(seen).toHaveLength(reached);
  });

  /** A socket that opened, or the status that refused it. */
  function opened(to: Session, headers: Record<string, string>): Promise<WebSocket | number> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port()}/live`, {
        headers: { host: hostOf(to.id), ...headers },
      });
      socket.once("open", () => resolve(socket));
      socket.once("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.once("error", reject);
    });
  }

  it("carries WebSockets, and closes what is open when the session ends", async () => {
    const one = await session("ann");
    const { cookie } = await enter(one);
    const socket = (await opened(one, { cookie, origin: `http://${hostOf(one.id)}` })) as WebSocket;
    const answer = new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
    socket.send("hello");
    expect(await answer).toBe("echo hello");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const cut = expect(ask(one.id, "/slow", { headers: { cookie } })).rejects.toThrow();
    await until("the slow answer has begun", () => seen.at(-1)?.url === "/slow");
    await lab.sessions.end(lab.admin, one.id);
    await closed;
    await cut;
    expect(await ask(one.id, "/", { headers: { cookie } })).toMatchObject({ status: 401 });
  });

  it("closes what is open when the API token behind it is revoked", async () => {
    const one = await session("ann");
    const { cookie } = await enter(one);
    const socket = (await opened(one, { cookie, origin: `http://${hostOf(one.id)}` })) as WebSocket;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await sql`UPDATE token SET revoked_at = now() WHERE id = ${tokenId}`.execute(lab.database.db);
    await closed;
    expect(await ask(one.id, "/", { headers: { cookie } })).toMatchObject({ status: 401 });
    await sql`UPDATE token SET revoked_at = NULL WHERE id = ${tokenId}`.execute(lab.database.db);
  });

  it("counts bytes as use", async () => {
    const one = await session("ann");
    const { cookie } = await enter(one);
    await sql`UPDATE session SET last_activity_at = now() - interval '1 hour' WHERE id = ${one.id}`.execute(
      lab.database.db,
    );
    expect(await ask(one.id, "/", { headers: { cookie } })).toMatchObject({ status: 200 });
    await until("it was noted", async () => {
      const { rows } =
        await sql`SELECT 1 FROM session WHERE id = ${one.id} AND last_activity_at > now() - interval '1 minute'`.execute(
          lab.database.db,
        );
      return rows.length > 0;
    });
  });

  it("frames a body as it came, so that none is read as the next request", async () => {
    const one = await session("ann");
    const { cookie } = await enter(one);
    const headers = { cookie, "transfer-encoding": "chunked" };
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    expect(await ask(one.id, "/", { method: "DELETE", headers, body: smuggled })).toMatchObject({
      status: 200,
      text: `DELETE / ${smuggled}`,
    });
    expect(seen.map(({ url }) => url)).not.toContain("/smuggled");
  });

  it("says so when the workload does not answer", async () => {
    const one = await session("ann");
    const { cookie } = await enter(one);
    await sql`UPDATE session SET port = 1 WHERE id = ${one.id}`.execute(lab.database.db);
    expect(await ask(one.id, "/", { headers: { cookie } })).toMatchObject({ status: 502 });
  });

  it("waits for a reader who does not read", async () => {
    const one = await session("ann");
    const { cookie } = await enter(one);
    let written = 0;
    const flood = http.createServer((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const write = () => {
        while (written < 512 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on("drain", write);
      write();
    });
    await new Promise<void>((resolve) => flood.listen(0, "127.0.0.1", resolve));
    await sql`UPDATE session SET port = ${(flood.address() as AddressInfo).port} WHERE id = ${one.id}`.execute(
      lab.database.db,
    );
    const socket = await new Promise<Socket>((resolve) => {
      const request = http.get({
        host: "127.0.0.1",
        port: port(),
        path: "/",
        agent: false,
        headers: { host: hostOf(one.id), cookie },
      });
      request.once("response", (response) => {
        response.pause();
        resolve(response.socket);
      });
    });
    // It has stopped when two looks see the same.
    let before = -1;
    await until(
      "nothing is written any more",
      async () => {
        const same = before === written;
        before = written;
        await new Promise((resolve) => setTimeout(resolve, 200));
        return same;
      },
      20,
    );
    expect(written).toBeLessThan(128 * 1024 * 1024);
    socket.destroy();
    flood.closeAllConnections();
    flood.close();
  });
});
