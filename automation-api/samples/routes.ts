import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Samples } from "./service.ts";

const tag = "Discovery";

export function sampleRoutes(samples: Samples): Route[] {
  return [
    route({
      method: "put",
      path: "/api/v1/hosts/:id/sampling",
      summary: "Sample a host's performance from now on: processor, memory, disks, pressure",
      tag,
      access: "host:connect",
      params: contract.samplesParams,
      body: contract.samplingRequest,
      replies: { 200: { description: "It is sampled.", schema: contract.sampling } },
      handler: async ({ principal, params, body, requestId }) => ({
        status: 200,
        body: await samples.begin(principal, params.id, body, requestId),
      }),
    }),
    route({
      method: "delete",
      path: "/api/v1/hosts/:id/sampling",
      summary: "Sample a host no longer; its samples stay",
      tag,
      access: "host:connect",
      params: contract.samplesParams,
      replies: { 204: { description: "It is not sampled." } },
      async handler({ principal, params, requestId }) {
        await samples.end(principal, params.id, requestId);
        return { status: 204 };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/hosts/:id/samples",
      summary: "Show how busy a host was over time",
      tag,
      access: "host:read",
      params: contract.samplesParams,
      query: contract.samplesQuery,
      replies: { 200: { description: "Samples, oldest first.", schema: contract.samples } },
      handler: async ({ principal, params, query }) => ({
        status: 200,
        body: await samples.show(principal, params.id, query),
      }),
    }),
  ];
}
