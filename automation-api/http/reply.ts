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
  const { contentType = definition.contentType } = reply;
  const isOther = reply.contentType !== undefined;
  if (isOther && !definition.otherTypes?.includes(reply.contentType as string))
    throw new Error(`${route.method} ${route.path} answered ${contentType}, which it does not declare.`);
  const body = definition.schema && !isOther ? definition.schema.parse(reply.body) : reply.body;
  const text = typeof body === "string" && contentType ? body : JSON.stringify(body);
  response.setHeader("content-type", contentType ?? "application/json");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(text);
}
