import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Sync } from "./service.ts";

const tag = "Terminal";

export function syncRoutes(sync: Sync): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/sync/push",
      summary: "Keep a shell of your own for your other machines, encrypted by you",
      tag,
      access: "authenticated",
      body: contract.pushRequest,
      replies: { 200: { description: "It is the current one.", schema: contract.pushed } },
      handler: async ({ principal, body, requestId }) => ({
        status: 200,
        body: await sync.push(principal, body, requestId),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/sync/pull",
      summary: "Get a shell of your own, as one of your machines has pushed it",
      tag,
      access: "authenticated",
      body: contract.pullRequest,
      replies: { 200: { description: "The document, and which others are kept.", schema: contract.pulled } },
      handler: async ({ principal, body }) => ({ status: 200, body: await sync.pull(principal, body) }),
    }),
  ];
}
