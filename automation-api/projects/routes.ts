import type { Db } from "../db/transaction.ts";
import { type EventFeed, requireReadable, streamReply, toStreamEvents } from "../events/service.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { ProjectPolicies, Projects } from "./service.ts";

interface Dependencies {
  db: Db;
  projects: Projects;
  policies: ProjectPolicies;
  feed: EventFeed;
}

/** Projects, stacks, resources, and the live events of updates that people run by the pulumi command. */
export function projectRoutes({ db, projects, policies, feed }: Dependencies): Route[] {
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
    ...policyRoutes(policies),
    ...stackRoutes(projects),
  ];
}

function policyRoutes(policies: ProjectPolicies): Route[] {
  const path = "/api/v1/projects/:project/policies";
  return [
    route({
      method: "get",
      path,
      summary: "Get the policies that are forced on a project",
      tag: "Projects",
      access: "stack:read",
      params: contract.projectParams,
      replies: { 200: { description: "What is forced.", schema: contract.forcedPoliciesReply } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: { policies: await policies.find(principal, params.project) },
      }),
    }),
    route({
      method: "put",
      path,
      summary: "Force policies on every update of a project",
      tag: "Projects",
      access: "policy:write",
      params: contract.projectParams,
      body: contract.forcedPolicies,
      replies: { 200: { description: "What is forced now.", schema: contract.forcedPoliciesReply } },
      async handler({ principal, params, body, requestId }) {
        await policies.set(principal, params.project, body, requestId);
        return { status: 200, body: { policies: body } };
      },
    }),
    route({
      method: "delete",
      path,
      summary: "Force no policies on a project any more",
      tag: "Projects",
      access: "policy:write",
      params: contract.projectParams,
      replies: { 204: { description: "None are forced." } },
      async handler({ principal, params, requestId }) {
        await policies.set(principal, params.project, null, requestId);
        return { status: 204 };
      },
    }),
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
      path: "/api/v1/stacks/:project/:stack/graph",
      summary:
        "Get the newest state of a stack as a graph, which policies, exports and estimates are made from",
      tag: "Stacks",
      access: "stack:read",
      params: contract.stackParams,
      replies: { 200: { description: "The graph.", schema: contract.stackGraph } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await projects.findGraph(principal, params),
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
