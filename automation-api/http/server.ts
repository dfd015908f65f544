import { readFileSync, unwatchFile, watchFile } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { isLoopback, type Settings } from "../config.ts";
import { messageOf, RoostError } from "../errors.ts";
import type { App } from "./app.ts";
import * as limits from "./limits.ts";
import type { Logger } from "./log.ts";

type ServerSettings = Pick<
  Settings,
  | "ROOST_HOST"
  | "ROOST_PORT"
  | "ROOST_TLS_CERT"
  | "ROOST_TLS_KEY"
  | "ROOST_TLS_KEY_PASSWORD"
  | "ROOST_PUBLIC_URL"
>;

export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  url: string;
  port: number;
  /** Stops taking requests, ends streams, waits for what is at work (10 s at most). */
  close(): Promise<void>;
}

/** Serves the app by HTTP, or by HTTPS when the settings name a certificate. */
export async function startServer(app: App, settings: ServerSettings, log: Logger): Promise<RunningServer> {
  const options = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
  };
  const secure = settings.ROOST_TLS_CERT !== undefined;
  const server = secure
    ? https.createServer({ ...options, minVersion: "TLSv1.2", ...readCertificate(settings) }, app.handler)
    : http.createServer(options, app.handler);
  const unwatch = secure ? reloadOnChange(server as https.Server, settings, log) : () => {};
  server.on("clientError", refuseBroken);
  app.attach(server);
  await listen(server, settings);
  const { port } = server.address() as AddressInfo;
  return {
    url: `${secure ? "https" : "http"}://${shownHost(settings.ROOST_HOST)}:${port}`,
    port,
    async close() {
      unwatch();
      app.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection is idle, and can go, only once its request has ended.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      const force = setTimeout(() => server.closeAllConnections(), 10_000).unref();
      await closed;
      clearInterval(sweep);
      clearTimeout(force);
    },
  };
}

async function listen(
  server: http.Server,
  { ROOST_HOST: host, ROOST_PORT: port }: ServerSettings,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? `Port ${port} of ${host} is in use: stop what listens there, or set ROOST_PORT to another one (0 takes a free one).`
          : `Cannot listen on ${host}:${port}: ${messageOf(error)}`;
      reject(new RoostError("unavailable", reason, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function readCertificate(settings: ServerSettings) {
  return {
    cert: readFileSync(settings.ROOST_TLS_CERT as string),
    key: readFileSync(settings.ROOST_TLS_KEY as string),
    passphrase: settings.ROOST_TLS_KEY_PASSWORD,
  };
}

/** Looks at the files' times, since certificate tools replace files and whole folders by links. */
function reloadOnChange(server: https.Server, settings: ServerSettings, log: Logger): () => void {
  const files = [settings.ROOST_TLS_CERT as string, settings.ROOST_TLS_KEY as string];
  const reload = () => {
    try {
      server.setSecureContext({ minVersion: "TLSv1.2", ...readCertificate(settings) });
      log.info("the TLS certificate was read again");
    } catch (error) {
      // The key and the certificate change one after the other: the second change brings them together.
      log.error({ error }, "the changed TLS certificate cannot be used; the one before stays");
    }
  };
  for (const file of files) watchFile(file, { interval: 1_000, persistent: false }, reload);
  return () => {
    for (const file of files) unwatchFile(file, reload);
  };
}

const brokenRequests: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, `The headers are larger than ${limits.headerBytes} bytes.`],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in time."],
};

/** What is no HTTP at all gets an answer all the same, in the same form. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = brokenRequests[error.code ?? ""] ?? [400, "The request is not valid HTTP."];
  const text = JSON.stringify({
    type: "urn:roost:problem:invalid",
    title: "The request is not valid",
    status,
    detail,
  });
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

function shownHost(host: string): string {
  if (isLoopback(host)) return host.includes(":") ? `[${host}]` : host;
  return host === "0.0.0.0" || host === "::" ? "localhost" : host;
}
