import { mkdtemp, rm, writeFile } from "node:fs/promises";
import https from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import express from "express";
import { z } from "zod";
import type { App } from "../../../automation-api/http/app.ts";
import { createLogger } from "../../../automation-api/http/log.ts";
import { route } from "../../../automation-api/http/route.ts";
import { startServer } from "../../../automation-api/http/server.ts";
import { makeCertificate } from "./certificate.ts";
import { startTestServer, until } from "./test-server.ts";

const log = createLogger("silent");
const plain = {
  ROOST_HOST: "127.0.0.1",
  ROOST_PORT: 0,
  ROOST_TLS_CERT: undefined,
  ROOST_TLS_KEY: undefined,
  ROOST_TLS_KEY_PASSWORD: undefined,
};

/** The least that a server can serve. */
function tinyApp(): App {
  const handler = express();
  handler.get("/", (_request, response) => void response.send("hello"));
  return { handler, routes: [], openStreams: () => 0, attach() {}, close() {} };
}

describe("TLS", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "roost-tls-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("serves a certificate with an encrypted key, and a new one as soon as the files change", async () => {
    const [cert, key] = [path.join(folder, "cert.pem"), path.join(folder, "key.pem")];
    const put = async (name: string) => {
      const made = makeCertificate(name, "password of the key");
      await writeFile(key, made.key);
      await writeFile(cert, made.certificate);
    };
    await put("first");
    const settings = {
      ...plain,
      ROOST_TLS_CERT: cert,
      ROOST_TLS_KEY: key,
      ROOST_TLS_KEY_PASSWORD: "password of the key",
    };
    const server = await startServer(tinyApp(), settings, log);
    expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await subjectOf(server.port)).toBe("first");
    await writeFile(cert, "nonsense");
    await put("second");
    await until(async () => (await subjectOf(server.port)) === "second", "the new certificate is served");
    await writeFile(cert, "nonsense");
    expect(await subjectOf(server.port)).toBe("second");
    await server.close();
  });
});

test("a port that is in use is said, with what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  await expect(startServer(tinyApp(), { ...plain, ROOST_PORT: port }, log)).rejects.toThrow(
    new RegExp(`Port ${port} .* in use.*ROOST_PORT`),
  );
  other.close();
});

describe("the caller's address and origin", () => {
  const echo = route({
    method: "get",
    path: "/origin",
    summary: "origin",
    tag: "Test",
    access: "public",
    replies: { 200: { description: "ok", schema: z.object({ origin: z.string() }) } },
    handler: async ({ origin }) => ({ status: 200, body: { origin } }),
  });
  const forwarded = {
    "x-forwarded-proto": "http, https",
    "x-forwarded-host": "evil.example, roost.example",
    "x-forwarded-for": "1.2.3.4, 203.0.113.9",
  };

  test("are the proxy's last word behind a proxy, for failed logins too", async () => {
    const server = await startTestServer({
      settings: { ROOST_BEHIND_PROXY: true },
      limits: { loginFailuresPerMinute: 2 },
      routes: () => [echo, { ...echo, path: "/closed", access: "authenticated" }],
    });
    const { body } = await server.call("GET", "/origin", { headers: forwarded });
    expect(body.origin).toBe("https://roost.example");
    const fail = async (address: string) => {
      const headers = { ...forwarded, "x-forwarded-for": address };
      return (await server.call("GET", "/closed", { token: "wrong-token", headers })).status;
    };
    const statuses = [
      await fail("a, 10.0.0.1"),
      await fail("b, 10.0.0.1"),
      await fail("c, 10.0.0.1"),
      await fail("c, 10.0.0.2"),
    ];
    expect(statuses).toEqual([401, 401, 429, 401]);
    await server.close();
  });

  test("are the socket's without one, whatever the headers say", async () => {
    const server = await startTestServer({ routes: () => [echo] });
    const { body } = await server.call("GET", "/origin", { headers: forwarded });
    expect(body.origin).toBe(server.url);
    await server.close();
  });
});

async function subjectOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, rejectUnauthorized: false, agent: false };
    https
      .get(options, (response) => {
        const { subject } = (response.socket as TLSSocket).getPeerCertificate();
        response.resume();
        response.once("end", () => resolve(String(subject.CN)));
      })
      .once("error", reject);
  });
}
