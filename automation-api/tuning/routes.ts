import { type AreaName, areaNames } from "../../host-provisioning/optimize/index.ts";
import { plannedReply } from "../host-actions/contract.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Tuning } from "./service.ts";

export function tuningRoutes(tuning: Tuning): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/profiles",
      summary: "List the tuning profiles; with a host, what becomes of each value there and why",
      tag: "Optimization",
      access: "host:read",
      query: contract.profilesQuery,
      replies: { 200: { description: "All of them.", schema: contract.profileList } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await tuning.profiles(principal, query),
      }),
    }),
    ...(["auto", ...areaNames] as const).map((area) => optimizeRoute(tuning, area)),
  ];
}

const summaries: Record<AreaName | "auto", string> = {
  auto: "Tune all of a host for what its hardware speaks for",
  kernel: "Tune processors and limits of a host",
  memory: "Tune swapping, writing back and huge pages of a host",
  disk: "Tune schedulers and reading ahead of a host's disks",
  network: "Tune queues, buffers and congestion control of a host",
};

function optimizeRoute(tuning: Tuning, area: AreaName | "auto"): Route {
  return route({
    method: "post",
    path: `/api/v1/optimize/${area}`,
    summary: `${summaries[area]}; each value judged, verified, and taken back by its undo record`,
    tag: "Optimization",
    access: "host:connect",
    body: contract.optimizeRequest,
    replies: {
      201: { description: "A preview: nothing was changed.", schema: contract.optimized },
      202: { description: "Queued as a deployment of the host.", schema: contract.optimized },
    },
    async handler({ principal, body, requestId, traceParent, signal }) {
      return plannedReply(await tuning.optimize(principal, area, body, { requestId, traceParent, signal }));
    },
  });
}
