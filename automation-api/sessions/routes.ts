import { z } from "zod";
import type { Principal } from "../access/permissions.ts";
import { RoostError } from "../errors.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import { type Sessions, sessionLog, streamLog } from "./service.ts";

const tag = "Sessions";
const one = "/api/v1/sessions/:id";

export interface SessionServices {
  sessions: Sessions;
  /** File with what a session of a target prints; undefined when that is kept elsewhere. */
  sessionLogPath(target: string, id: string): string | undefined;
  /** The same as it comes, where no file has it; undefined when it is kept elsewhere still. */
  readSessionLog?(
    target: string,
    id: string,
    options: { follow: boolean; signal: AbortSignal },
  ): AsyncIterable<Buffer> | undefined;
}

const startReplies = {
  201: { description: "Claimed from the pool: it is there.", schema: contract.session },
  202: { description: "Its user waits: `waiting` says for how long.", schema: contract.session },
};

export function sessionRoutes(services: SessionServices): Route[] {
  const { sessions } = services;
  const start = async (principal: Principal, body: contract.NewSession, requestId: string) => {
    const made = await sessions.create(principal, body, requestId);
    const headers = { Location: `/api/v1/sessions/${made.id}` };
    return { status: made.state === "active" ? 201 : 202, body: made, headers };
  };
  return [
    route({
      method: "post",
      path: "/api/v1/sessions",
      summary: "Give a user a session of a template, from the pool where one is ready",
      tag,
      access: "session:create",
      body: contract.newSession,
      replies: startReplies,
      handler: ({ principal, body, requestId }) => start(principal, body, requestId),
    }),
    route({
      method: "post",
      path: "/api/v1/sandboxes",
      summary: "Create a sandbox: a session under its other name",
      tag,
      access: "session:create",
      body: contract.newSession,
      replies: startReplies,
      handler: ({ principal, body, requestId }) => start(principal, body, requestId),
    }),
    route({
      method: "get",
      path: "/api/v1/sessions",
      summary: "List sessions, newest first: whose is where",
      tag,
      access: "session:create",
      query: contract.sessionQuery,
      replies: { 200: { description: "A page of sessions.", schema: contract.sessionPage } },
      handler: async ({ principal, query }) => ({ status: 200, body: await sessions.list(principal, query) }),
    }),
    route({
      method: "get",
      path: one,
      summary: "Show a session",
      tag,
      access: "session:create",
      params: contract.sessionParams,
      replies: { 200: { description: "The session.", schema: contract.session } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await sessions.find(principal, params.id),
      }),
    }),
    route({
      method: "delete",
      path: one,
      summary: "End a session: its address and every way into it die at once",
      tag,
      access: "session:create",
      params: contract.sessionParams,
      replies: { 202: { description: "It is being stopped, or is over.", schema: contract.session } },
      handler: async ({ principal, params, requestId }) => ({
        status: 202,
        body: await sessions.end(principal, params.id, requestId),
      }),
    }),
    route({
      method: "post",
      path: `${one}/extend`,
      summary: "Extend a session, from now",
      tag,
      access: "session:create",
      params: contract.sessionParams,
      body: contract.extension,
      replies: { 200: { description: "As it is now.", schema: contract.session } },
      handler: async ({ principal, params, body, requestId }) => ({
        status: 200,
        body: await sessions.extend(principal, params.id, body, requestId),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/task-events",
      summary: "For a rule of EventBridge: say that a task of the sessions' cluster has changed its state",
      tag,
      access: "session:report",
      body: contract.taskEvent,
      idempotent: false,
      replies: { 202: { description: "The cluster is looked at soon." } },
      async handler({ principal, body }) {
        await sessions.report(principal, body);
        return { status: 202 };
      },
    }),
    ...openingRoutes(services),
  ];
}

function openingRoutes(services: SessionServices): Route[] {
  const { sessions, sessionLogPath } = services;
  return [
    route({
      method: "get",
      path: `${one}/logs`,
      summary: "Follow what a session prints",
      tag,
      access: "session:create",
      params: contract.sessionParams,
      query: contract.logQuery,
      replies: {
        200: { description: "Its lines, then `end`.", contentType: "text/event-stream", schema: z.string() },
      },
      async handler({ principal, params, query, signal, sendEvents }) {
        const { target } = await sessions.findRow(principal, params.id);
        const path = sessionLogPath(target, params.id);
        if (path === undefined) {
          const printed = services.readSessionLog?.(target, params.id, {
            follow: query.follow === "true",
            signal,
          });
          if (printed) return sendEvents(streamLog(printed));
          throw new RoostError("conflict", `What sessions on ${target} print is kept there, not here.`);
        }
        const isLive = async () => isGoingOn((await sessions.findRow(principal, params.id)).state);
        return sendEvents(sessionLog({ path, isLive }, { follow: query.follow === "true", signal }));
      },
    }),
    route({
      method: "post",
      path: `${one}/open`,
      summary: "Get the address that opens a session in a browser, once",
      tag,
      access: "session:create",
      params: contract.sessionParams,
      idempotent: false,
      replies: { 200: { description: "Good for 30 s.", schema: contract.opening } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await sessions.open(principal, params.id),
      }),
    }),
    route({
      method: "get",
      path: "/s/:id",
      summary: "Go to a session: with a ticket for its own origin, good once and for 30 s",
      tag,
      access: "session:create",
      takesTicket: true,
      params: contract.sessionParams,
      replies: { 303: { description: "To the session's own address." } },
      async handler({ principal, params }) {
        const { url } = await sessions.open(principal, params.id);
        return { status: 303, headers: { Location: url, "referrer-policy": "no-referrer" } };
      },
    }),
    route({
      method: "post",
      path: `${one}/identity`,
      summary: "For the workload of a session: whom it works for, by its one-time token",
      tag,
      access: "public",
      params: contract.sessionParams,
      body: contract.identityRequest,
      idempotent: false,
      replies: { 200: { description: "Given once.", schema: contract.identity } },
      handler: async ({ params, body }) => ({
        status: 200,
        body: await sessions.identify(params.id, body.token),
      }),
    }),
  ];
}

function isGoingOn(state: contract.SessionState): boolean {
  return state !== "stopped" && state !== "failed";
}
