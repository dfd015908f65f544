import { plannedReply } from "../host-actions/contract.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Reinstalls } from "./service.ts";

const tag = "Reinstallation";
const replies = {
  201: { description: "A preview: nothing was changed.", schema: contract.reinstall },
  202: { description: "Queued as a deployment of the host.", schema: contract.reinstall },
};

export function reinstallRoutes(reinstalls: Reinstalls): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/reinstall/package",
      summary:
        "Install a package of a host again, its configuration as packaged; goes back when it is not well after",
      tag,
      access: "host:connect",
      body: contract.packageRequest,
      replies,
      async handler({ principal, body, requestId, traceParent, signal }) {
        return plannedReply(await reinstalls.package(principal, body, { requestId, traceParent, signal }));
      },
    }),
    route({
      method: "post",
      path: "/api/v1/reinstall/batch",
      summary: "Install several packages of a host again, in one transaction",
      tag,
      access: "host:connect",
      body: contract.batchRequest,
      replies,
      async handler({ principal, body, requestId, traceParent, signal }) {
        return plannedReply(await reinstalls.batch(principal, body, { requestId, traceParent, signal }));
      },
    }),
  ];
}
