import { authorize } from "../access/authorize.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import * as service from "./service.ts";

export function systemRoutes(services: service.SystemServices & { metrics: service.Metrics }): Route[] {
  return [
    route({
      method: "get",
      path: "/health",
      summary: "Whether the server is alive",
      tag: "System",
      access: "public",
      replies: { 200: { description: "It is.", schema: contract.health } },
      handler: async () => ({ status: 200, body: { status: "ok" } }),
    }),
    route({
      method: "get",
      path: "/ready",
      summary: "Whether the server can do its work, check by check",
      tag: "System",
      access: "public",
      replies: {
        200: { description: "It can.", schema: contract.readiness },
        503: { description: "Not now; the checks say why.", schema: contract.readiness },
      },
      handler: async () => {
        const body = await service.checkReadiness(services);
        return { status: body.status === "ready" ? 200 : 503, body };
      },
    }),
    route({
      method: "get",
      path: "/metrics",
      summary: "Metrics in Prometheus' text form",
      tag: "System",
      access: "metrics:read",
      replies: { 200: { description: "The metrics.", contentType: services.metrics.contentType } },
      handler: async ({ principal }) => {
        // They count over all projects.
        authorize(principal, "metrics:read");
        return { status: 200, body: await services.metrics.render() };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/system",
      summary: "Versions, organization, queue; workers and disks for who manages the system",
      tag: "System",
      access: "authenticated",
      replies: { 200: { description: "The system.", schema: contract.systemStatus } },
      handler: async ({ principal }) => ({
        status: 200,
        body: await service.describeSystem(services, principal),
      }),
    }),
  ];
}
