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
  ];
}
