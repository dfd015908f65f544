import { z } from "zod";
import type { Db } from "../db/transaction.ts";
import { type EventFeed, requireReadable, streamReply, toStreamEvents } from "../events/service.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import { renderLog, sendText } from "./log.ts";
import type { Deployments } from "./service.ts";

interface Dependencies {
  db: Db;
  deployments: Deployments;
  feed: EventFeed;
}

const tag = "Deployments";
const one = "/api/v1/deployments/:id";

/** Asking for deployments, watching and cancelling them. */
export function deploymentRoutes(dependencies: Dependencies): Route[] {
  return [...changingRoutes(dependencies), ...readingRoutes(dependencies), ...followingRoutes(dependencies)];
}

function changingRoutes({ deployments }: Dependencies): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/deployments",
      summary: "Queue a preview, update, refresh or destroy of a stack",
      tag,
      access: "deployment:create",
      body: contract.newDeployment,
      replies: { 202: { description: "Queued.", schema: contract.deployment } },
      async handler({ principal, body, requestId, traceParent }) {
        const queued = await deployments.create(principal, body, { requestId, traceParent });
        return { status: 202, body: queued, headers: { Location: `/api/v1/deployments/${queued.id}` } };
      },
    }),
    route({
      method: "post",
      path: `${one}/cancel`,
      summary: "Cancel a deployment",
      tag,
      access: "deployment:cancel",
      params: contract.deploymentParams,
      replies: {
        200: { description: "It was queued, and is cancelled.", schema: contract.deployment },
        202: { description: "It runs; its worker ends it now.", schema: contract.deployment },
      },
      async handler({ principal, params, requestId }) {
        const cancelled = await deployments.cancel(principal, params.id, { requestId });
        return { status: cancelled.state === "cancelled" ? 200 : 202, body: cancelled };
      },
    }),
  ];
}

function readingRoutes({ deployments }: Dependencies): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/deployments",
      summary: "List deployments, newest first",
      tag,
      access: "stack:read",
      query: contract.deploymentQuery,
      replies: { 200: { description: "A page of deployments.", schema: contract.deploymentPage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await deployments.list(principal, query),
      }),
    }),
    route({
      method: "get",
      path: one,
      summary: "Get a deployment",
      tag,
      access: "stack:read",
      params: contract.deploymentParams,
      replies: { 200: { description: "The deployment.", schema: contract.deployment } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await deployments.find(principal, params.id),
      }),
    }),
  ];
}

function followingRoutes({ db, feed }: Dependencies): Route[] {
  return [
    route({
      method: "get",
      path: `${one}/events`,
      summary: "Follow a deployment's events",
      tag,
      access: "stack:read",
      params: contract.deploymentParams,
      query: contract.deploymentEventQuery,
      replies: { 200: streamReply },
      async handler({ principal, params, query, lastEventId, signal, sendEvents }) {
        await requireReadable(db, principal, params.id, "Deployment");
        return sendEvents(toStreamEvents(feed, params.id, { after: query.after, lastEventId, signal }));
      },
    }),
    route({
      method: "get",
      path: `${one}/log`,
      summary: "Get what has happened until now, as text",
      tag,
      access: "stack:read",
      params: contract.deploymentParams,
      replies: { 200: { description: "The log.", schema: z.string(), contentType: "text/plain" } },
      async handler({ principal, params, signal, raw }) {
        await requireReadable(db, principal, params.id, "Deployment");
        return sendText(raw.response, renderLog(db, params.id), signal);
      },
    }),
  ];
}
