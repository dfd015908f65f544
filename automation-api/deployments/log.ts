import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Db } from "../db/transaction.ts";
import { read } from "../events/service.ts";
import { createLogRenderer } from "./render.ts";

const pageSize = 500;

/** The text of a deployment's events until now, page by page, so that a long log costs no memory. */
export async function* renderLog(db: Db, deploymentId: string): AsyncGenerator<string> {
  const render = createLogRenderer();
  let after = 0;
  for (;;) {
    const { events } = await read(db, deploymentId, after, pageSize);
    yield events.map(render).join("");
    after = events.at(-1)?.sequence ?? after;
    if (events.length < pageSize) return;
  }
}

/** Writes text as it comes, no faster than the client takes it. */
export async function sendText(
  response: ServerResponse,
  parts: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<"handled"> {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  for await (const part of parts) {
    if (signal.aborted) break;
    if (part !== "" && !response.write(part)) await once(response, "drain", { signal }).catch(() => {});
  }
  response.end();
  return "handled";
}
