import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import * as requests from "./requests.ts";
import * as service from "./service.ts";

const tag = "Terminal";

export function terminalRoutes(): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/themes",
      summary: "List the prompts that a shell can have by name",
      tag,
      access: "host:read",
      replies: { 200: { description: "All themes.", schema: contract.themesReply } },
      handler: async ({ principal }) => ({ status: 200, body: service.listThemes(principal) }),
    }),
    route({
      method: "get",
      path: "/api/v1/plugins",
      summary: "List the plugins that a shell can have, each pinned to a commit",
      tag,
      access: "host:read",
      replies: { 200: { description: "All plugins.", schema: contract.pluginsReply } },
      handler: async ({ principal }) => ({ status: 200, body: service.listPlugins(principal) }),
    }),
    route({
      method: "post",
      path: "/api/v1/aliases/import",
      summary: "Bring aliases into a registry, and tell conflicts and the commands that they hide",
      tag,
      access: "host:read",
      body: requests.importRequest,
      replies: { 200: { description: "The registry after it.", schema: contract.importedAliases } },
      handler: async ({ principal, body }) => ({ status: 200, body: service.importAliases(principal, body) }),
    }),
  ];
}
