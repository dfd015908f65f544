import type { Db } from "../db/transaction.ts";
import { type EventFeed, requireReadable, streamReply, toStreamEvents } from "../events/service.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Projects } from "./service.ts";

interface Dependencies {
  db: Db;
  projects: Projects;
  feed: EventFeed;
}

/** Projects, stacks, resources, and the live events of updates that people run by the pulumi command. */
export function projectRoutes({ db, projects, feed }: Dependencies): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/projects",
      summary: "List projects",
      tag: "Projects",
      access: "stack:read",
      query: contract.projectQuery,
      replies: { 200: { description: "A page of projects.", schema: contract.projectPage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await projects.listProjects(principal, query),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/resources",
      summary: "Search resources of all stacks",
      tag: "Resources",
      access: "stack:read",
      query: contract.resourceQuery,
      replies: { 200: { description: "A page of resources.", schema: contract.resourcePage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await projects.listResources(principal, query),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/updates/:id/events",
      summary: "Follow an update, also one that a person runs by the pulumi command",
      tag: "Projects",
      access: "stack:read",
      params: contract.updateParams,
      query: contract.updateEventQuery,
      replies: { 200: streamReply },
      async handler({ principal, params, query, lastEventId, signal, sendEvents }) {
        await requireReadable(db, principal, params.id, "Update");
        return sendEvents(toStreamEvents(feed, params.id, { after: query.after, lastEventId, signal }));
      },
    }),
    ...stackRoutes(projects),
  ];
}

function stackRoutes(projects: Projects): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/stacks",
      summary: "List stacks",
      tag: "Stacks",
      access: "stack:read",
      query: contract.stackQuery,
      replies: { 200: { description: "A page of stacks.", schema: contract.stackPage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await projects.listStacks(principal, query),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/stacks/:project/:stack",
      summary: "Get a stack with its resources, outputs, configuration and newest updates",
      tag: "Stacks",
      access: "stack:read",
      params: contract.stackParams,
      replies: { 200: { description: "The stack.", schema: contract.stack } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await projects.findStack(principal, params),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/stacks/:project/:stack/history",
      summary: "List a stack's updates, newest first",
      tag: "Stacks",
      access: "stack:read",
      params: contract.stackParams,
      query: contract.historyQuery,
      replies: { 200: { description: "A page of updates.", schema: contract.updatePage } },
      handler: async ({ principal, params, query }) => ({
        status: 200,
        body: await projects.history(principal, params, query),
      }),
    }),
    route({
      method: "delete",
      path: "/api/v1/stacks/:project/:stack",
      summary: "Delete a stack that has no resources; it can be had back for 30 days",
      tag: "Stacks",
      access: "stack:delete",
      params: contract.stackParams,
      query: contract.deleteQuery,
      replies: { 204: { description: "Deleted." } },
      async handler({ principal, params, query, requestId }) {
        await projects.deleteStack(principal, params, { force: query.force, requestId });
        return { status: 204 };
      },
    }),
    route({
      method: "post",
      path: "/api/v1/stacks/:project/:stack/undelete",
      summary: "Have the newest deleted stack of this name back",
      tag: "Stacks",
      access: "stack:delete",
      params: contract.stackParams,
      replies: { 200: { description: "The stack, back.", schema: contract.stack } },
      handler: async ({ principal, params, requestId }) => ({
        status: 200,
        body: await projects.undeleteStack(principal, params, requestId),
      }),
    }),
  ];
}
