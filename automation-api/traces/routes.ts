import { probeList } from "../../host-provisioning/trace/index.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Traces } from "./service.ts";

const tag = "Optimization";

export function traceRoutes(traces: Traces): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/traces",
      summary: "List the probes of a running kernel",
      tag,
      access: "host:read",
      replies: { 200: { description: "All of them.", schema: contract.probeList } },
      handler: async () => ({ status: 200, body: { items: probeList } }),
    }),
    route({
      method: "post",
      path: "/api/v1/traces",
      summary: "Look into a host's kernel for some seconds, by its own bpftrace; nothing is changed or kept",
      tag,
      access: "host:connect",
      body: contract.traceRequest,
      replies: {
        200: { description: "What was counted, or how long things took.", schema: contract.traced },
      },
      handler: async ({ principal, body, signal }) => ({
        status: 200,
        body: await traces.run(principal, body, signal),
      }),
    }),
  ];
}
