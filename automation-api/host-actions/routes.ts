import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { HostActions } from "./service.ts";

const tag = "Actions on hosts";
const place = (id: string) => ({ Location: `/api/v1/host-actions/${id}` });

export function hostActionRoutes(actions: HostActions): Route[] {
  return [...readingRoutes(actions), ...changingRoutes(actions)];
}

function readingRoutes(actions: HostActions): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/host-actions",
      summary: "List what was planned for hosts and done to them, newest first",
      tag,
      access: "host:read",
      query: contract.actionQuery,
      replies: { 200: { description: "A page of actions.", schema: contract.actionPage } },
      handler: async ({ principal, query }) => ({ status: 200, body: await actions.list(principal, query) }),
    }),
    route({
      method: "get",
      path: "/api/v1/host-actions/:id",
      summary: "Tell how far an action, its confirmation or the way back is",
      tag,
      access: "host:read",
      params: contract.actionParams,
      replies: { 200: { description: "The action, with its deployments.", schema: contract.hostAction } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await actions.status(principal, params.id),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/host-actions/:id/plan",
      summary: "Show all that was planned, path by path",
      tag,
      access: "host:read",
      params: contract.actionParams,
      replies: { 200: { description: "As its preview showed it.", schema: contract.plannedAction } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await actions.show(principal, params.id),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/host-actions/:id/verify",
      summary: "Look on the host whether what the action was to reach is so now",
      tag,
      access: "host:connect",
      params: contract.actionParams,
      replies: { 200: { description: "Nothing was changed.", schema: contract.verified } },
      handler: async ({ principal, params, signal }) => ({
        status: 200,
        body: await actions.verify(principal, params.id, { signal }),
      }),
    }),
  ];
}

function changingRoutes(actions: HostActions): Route[] {
  const queued = { 202: { description: "Queued as a deployment of the host.", schema: contract.hostAction } };
  return [
    route({
      method: "post",
      path: "/api/v1/host-actions/:id/execute",
      summary: "Carry out an action exactly as it was previewed",
      tag,
      access: "host:change",
      params: contract.actionParams,
      body: contract.executeRequest,
      replies: queued,
      async handler({ principal, params, body, requestId, traceParent }) {
        const action = await actions.execute(principal, params.id, body, { requestId, traceParent });
        return { status: 202, body: action, headers: place(action.id) };
      },
    }),
    route({
      method: "post",
      path: "/api/v1/host-actions/:id/confirm",
      summary: "Log in again and let a change stand that would go back by itself",
      tag,
      access: "host:change",
      params: contract.actionParams,
      replies: queued,
      async handler({ principal, params, requestId, traceParent }) {
        const action = await actions.confirm(principal, params.id, { requestId, traceParent });
        return { status: 202, body: action, headers: place(action.id) };
      },
    }),
    route({
      method: "post",
      path: "/api/v1/host-actions/:id/rollback",
      summary: "Take an action back, from the undo record on the host",
      tag,
      access: "host:change",
      params: contract.actionParams,
      body: contract.rollbackRequest,
      replies: queued,
      async handler({ principal, params, body, requestId, traceParent }) {
        const context = { requestId, traceParent };
        const action = await actions.rollback(principal, params.id, body.onChange, context);
        return { status: 202, body: action, headers: place(action.id) };
      },
    }),
  ];
}
