import type { Response } from "express";
import type { Route, RouteReply } from "./route.ts";

/**
 * Sends what a handler returned, built from the reply's schema, so that a
 * field which the schema does not name leaves the server nowhere.
 * @throws when the handler broke its own declaration: that is a bug.
 */
export function sendReply(response: Response, route: Route, reply: RouteReply): void {
  const definition = route.replies[reply.status];
  if (!definition)
    throw new Error(`${route.method} ${route.path} answered ${reply.status}, which it does not declare.`);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.status(reply.status);
  if (reply.body === undefined) {
    response.end();
    return;
  }
  const body = definition.schema ? definition.schema.parse(reply.body) : reply.body;
  const text = typeof body === "string" && definition.contentType ? body : JSON.stringify(body);
  response.setHeader("content-type", definition.contentType ?? "application/json");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(text);
}
