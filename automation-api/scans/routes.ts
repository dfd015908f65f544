import type { z } from "zod";
import { toMermaid, topologyOf } from "../../host-provisioning/facts/index.ts";
import { type Route, type RouteReply, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Found, Scans } from "./service.ts";

const tag = "Discovery";
const mermaid = "text/vnd.mermaid";
const unchanged = { description: "Still the scan that If-None-Match names." };

export function scanRoutes(scans: Scans): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/scan/quick",
      summary: "Scan a host: files and kernel tables only, in well under a second",
      tag,
      access: "host:connect",
      body: contract.scanRequest,
      replies: { 201: { description: "Scanned, and kept as the host's last scan.", schema: contract.scan } },
      async handler({ principal, body, requestId, signal }) {
        const { scan } = await scans.scan(principal, body.host, { requestId, signal });
        return { status: 201, body: scan, headers: { Location: `/api/v1/reports/${scan.id}` } };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/scan/quick",
      summary: "Scan a host, as POST does",
      tag,
      access: "host:connect",
      query: contract.scanRequest,
      replies: { 201: { description: "Scanned, and kept as the host's last scan.", schema: contract.scan } },
      async handler({ principal, query, requestId, signal }) {
        const options = { field: "query.host", requestId, signal };
        const { scan } = await scans.scan(principal, query.host, options);
        return { status: 201, body: scan, headers: { Location: `/api/v1/reports/${scan.id}` } };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/scans",
      summary: "List scans, newest first",
      tag,
      access: "host:read",
      query: contract.scanListQuery,
      replies: { 200: { description: "A page of scans.", schema: contract.scanPage } },
      handler: async ({ principal, query }) => ({ status: 200, body: await scans.list(principal, query) }),
    }),
    route({
      method: "get",
      path: "/api/v1/reports/:id",
      summary: "Show all that a scan found, or its topology as a Mermaid flowchart",
      tag,
      access: "host:read",
      params: contract.scanParams,
      query: contract.reportQuery,
      replies: {
        200: { description: "What was found.", schema: contract.report, otherTypes: [mermaid] },
        304: unchanged,
      },
      async handler({ principal, params, query, headers }) {
        const found = await scans.report(principal, params.id);
        const topology = topologyOf(found.facts);
        if (query.format === "json") {
          const body = { scan: found.scan, ...found.facts, topology };
          return cached(found, "report", headers["if-none-match"], body);
        }
        const reply = cached(found, "mermaid", headers["if-none-match"], toMermaid(topology));
        return reply.status === 200 ? { ...reply, contentType: mermaid } : reply;
      },
    }),
    route({
      method: "get",
      path: "/api/v1/reports/:id/diff",
      summary: "Compare a scan with an older one",
      tag,
      access: "host:read",
      params: contract.scanParams,
      query: contract.diffQuery,
      replies: {
        200: { description: "What is new, gone or otherwise; measurements left out.", schema: contract.diff },
      },
      handler: async ({ principal, params, query }) => ({
        status: 200,
        body: await scans.diff(principal, params.id, query.base),
      }),
    }),
    discoverRoute(scans, "hardware", contract.hardwareReply, ({ hardware, virtualization, performance }) => ({
      hardware,
      virtualization,
      performance,
    })),
    discoverRoute(scans, "software", contract.softwareReply, ({ system, software, services }) => ({
      system,
      software,
      services,
    })),
    discoverRoute(scans, "network", contract.networkReply, ({ network }) => ({ network })),
  ];
}

function discoverRoute(
  scans: Scans,
  name: string,
  schema: z.ZodType,
  pick: (facts: Found["facts"]) => object,
): Route {
  return route({
    method: "get",
    path: `/api/v1/discover/${name}`,
    summary: `Show what the last scan found of a host's ${name}`,
    tag,
    access: "host:read",
    query: contract.discoverQuery,
    replies: { 200: { description: "With the scan's age in seconds as Age.", schema }, 304: unchanged },
    async handler({ principal, query, headers, requestId, signal }) {
      const options = { field: "query.host", requestId, signal };
      const found = await scans.discover(principal, query, options);
      return cached(found, name, headers["if-none-match"], { scan: found.scan, ...pick(found.facts) });
    },
  });
}

/** A scan never changes, so its id is the mark of every view of it. */
function cached({ scan }: Found, view: string, ifNoneMatch: string | undefined, body: unknown): RouteReply {
  const etag = `"${scan.id}-${view}"`;
  const age = Math.max(0, Math.floor((Date.now() - Date.parse(scan.createdAt)) / 1000));
  const headers = { etag, age: String(age), "cache-control": "private, no-cache" };
  const known = ifNoneMatch?.split(",").map((mark) => mark.trim().replace(/^W\//, "")) ?? [];
  return known.includes(etag) || known.includes("*")
    ? { status: 304, headers }
    : { status: 200, body, headers };
}
