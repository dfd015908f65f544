import { profileNames, wholeProfile } from "../../host-provisioning/reset/index.ts";
import { type Route, type RouteReply, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Resets } from "./service.ts";

const tag = "Reset";

export function resetRoutes(resets: Resets): Route[] {
  return [...readingRoutes(resets), ...changingRoutes(resets)];
}

function readingRoutes(resets: Resets): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/reset/analyze",
      summary: "Tell what each package and file of a host is there for, with the evidence",
      tag,
      access: "host:connect",
      query: contract.analyzeQuery,
      replies: { 200: { description: "Nothing was changed.", schema: contract.analysis } },
      async handler({ principal, query, requestId, signal }) {
        return { status: 200, body: await resets.analyze(principal, query.host, { requestId, signal }) };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/reset/profiles",
      summary: "List the profiles of resets, each with all that it takes away",
      tag,
      access: "host:read",
      replies: { 200: { description: "From the lightest to the heaviest.", schema: contract.profileList } },
      handler: async () => ({ status: 200, body: { items: profileNames.map(wholeProfile) } }),
    }),
    route({
      method: "post",
      path: "/api/v1/reset/preview",
      summary: "Plan a reset and rehearse it on a copy in the host's memory: exact paths and bytes",
      tag,
      access: "host:connect",
      body: contract.previewRequest,
      replies: { 201: { description: "Kept, to be carried out as it is.", schema: contract.preview } },
      async handler({ principal, body, requestId, signal }) {
        return created(await resets.preview(principal, body, { requestId, signal }));
      },
    }),
    route({
      method: "post",
      path: "/api/v1/reset/custom",
      summary: "Plan and rehearse a reset of one's own choice",
      tag,
      access: "host:connect",
      body: contract.customRequest,
      replies: { 201: { description: "Kept, to be carried out as it is.", schema: contract.preview } },
      async handler({ principal, body, requestId, signal }) {
        return created(await resets.custom(principal, body, { requestId, signal }));
      },
    }),
    route({
      method: "get",
      path: "/api/v1/reset/status/:job_id",
      summary: "Tell how far a reset, or the way back, is",
      tag,
      access: "host:read",
      params: contract.statusParams,
      replies: { 200: { description: "The reset, with its deployments.", schema: contract.reset } },
      handler: async ({ principal, params }) => ({
        status: 200,
        body: await resets.status(principal, params.job_id),
      }),
    }),
  ];
}

function changingRoutes(resets: Resets): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/reset/execute",
      summary: "Carry out a reset exactly as it was previewed",
      tag,
      access: "host:change",
      body: contract.executeRequest,
      replies: { 202: { description: "Queued as a deployment of the host.", schema: contract.reset } },
      async handler({ principal, body, requestId, traceParent }) {
        return queued(await resets.execute(principal, body, { requestId, traceParent }));
      },
    }),
    route({
      method: "post",
      path: "/api/v1/reset/rollback",
      summary: "Take a reset back, from the undo record on the host",
      tag,
      access: "host:change",
      body: contract.rollbackRequest,
      replies: { 202: { description: "Queued as a deployment of the host.", schema: contract.reset } },
      async handler({ principal, body, requestId, traceParent }) {
        return queued(await resets.rollback(principal, body, { requestId, traceParent }));
      },
    }),
  ];
}

function created(body: contract.Preview): RouteReply {
  return { status: 201, body, headers: { Location: `/api/v1/reset/status/${body.id}` } };
}

function queued(body: contract.Reset): RouteReply {
  return { status: 202, body, headers: { Location: `/api/v1/reset/status/${body.id}` } };
}
