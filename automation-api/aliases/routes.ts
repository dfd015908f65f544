import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import * as requests from "./requests.ts";
import type { Aliases } from "./service.ts";

const tag = "Terminal";

export function aliasRoutes(aliases: Aliases): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/aliases",
      summary: "List your aliases, with what they hid where they come from",
      tag,
      access: "authenticated",
      replies: { 200: { description: "All of them, in order.", schema: contract.aliasList } },
      handler: async ({ principal }) => ({ status: 200, body: await aliases.list(principal) }),
    }),
    route({
      method: "post",
      path: "/api/v1/aliases/import",
      summary: "Bring aliases into your registry, and tell conflicts and the commands that they hide",
      tag,
      access: "authenticated",
      body: requests.importRequest,
      replies: { 200: { description: "The registry after it.", schema: contract.importedAliases } },
      handler: async ({ principal, body, requestId }) => ({
        status: 200,
        body: await aliases.import(principal, body, requestId),
      }),
    }),
    route({
      method: "delete",
      path: "/api/v1/aliases/:name",
      summary: "Remove an alias from your registry",
      tag,
      access: "authenticated",
      params: requests.aliasParams,
      query: requests.aliasQuery,
      replies: { 204: { description: "It is gone; shells that were made with it are as they were." } },
      async handler({ principal, params, query, requestId }) {
        await aliases.remove(principal, query.kind, params.name, requestId);
        return { status: 204 };
      },
    }),
  ];
}
