import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

export interface Passing {
  method: string;
  /** Last part of the path, such as `journalentries`. */
  action: string;
  /** How many requests of this action came before. */
  index: number;
  /** The body, decompressed. */
  body: string;
}

/**
 * What becomes of a request: it passes, it is answered here with a status, it
 * is lost before the server sees it, or the server does it and the reply is lost.
 */
export type Fate = "pass" | "lose" | "loseReply" | number;

export interface FaultProxy {
  url: string;
  /** Every request that came, in order. */
  seen: Passing[];
  close(): Promise<void>;
}

/** Stands between the command and the server, and does to each request what `decide` says. */
export async function startFaultProxy(
  target: string,
  decide: (passing: Passing) => Fate,
): Promise<FaultProxy> {
  const seen: Passing[] = [];
  const server = http.createServer(async (request, response) => {
    const body = await readAll(request);
    const action = (request.url ?? "").split("?")[0]?.split("/").at(-1) ?? "";
    const index = seen.filter((other) => other.action === action).length;
    const text =
      request.headers["content-encoding"] === "gzip" ? gunzipSync(body).toString() : body.toString();
    const passing = { method: request.method ?? "", action, index, body: text };
    seen.push(passing);
    const fate = decide(passing);
    if (fate === "lose") request.socket.destroy();
    else if (typeof fate === "number") answer(response, fate);
    else await forward(target, request, body, response, fate === "loseReply");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ code: status, message: "a fault of the test" }));
}

function forward(
  target: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  loseReply: boolean,
): Promise<void> {
  const { method, headers } = request;
  return new Promise((resolve) => {
    const onward = http.request(target + request.url, { method, headers }, async (reply) => {
      const text = await readAll(reply);
      if (loseReply) request.socket.destroy();
      else response.writeHead(reply.statusCode ?? 500, reply.headers).end(text);
      resolve();
    });
    onward.once("error", () => {
      request.socket.destroy();
      resolve();
    });
    onward.end(body);
  });
}
