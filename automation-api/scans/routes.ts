import type { z } from "zod";
import { type DetailFacts, toMermaid, topologyOf } from "../../host-provisioning/facts/index.ts";
import { explain, toHtml, toSarif } from "../../host-provisioning/security/index.ts";
import { RoostError } from "../errors.ts";
import { type Route, type RouteReply, type RouteRequest, route } from "../http/route.ts";
import type { StreamEvent } from "../http/stream.ts";
import * as contract from "./contract.ts";
import type { FleetScans } from "./fleet.ts";
import { type Found, lastOf, type Scans } from "./service.ts";

const tag = "Discovery";
const mermaid = "text/vnd.mermaid";
const sarif = "application/sarif+json";
const html = "text/html; charset=utf-8";
const unchanged = { description: "Still the scan that If-None-Match names." };

interface ScanServices {
  scans: Scans;
  fleetScans: FleetScans;
}

/** @param version of the product, which reports tell. */
export function scanRoutes({ scans, fleetScans }: ScanServices, version: string): Route[] {
  return [
    ...scanningRoutes({ scans, fleetScans }),
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
        200: { description: "What was found.", schema: contract.report, otherTypes: [mermaid, sarif, html] },
        304: unchanged,
      },
      async handler({ principal, params, query, headers }) {
        const found = await scans.report(principal, params.id);
        const format = query.format ?? formatOf(headers.accept);
        const topology = topologyOf(found.facts);
        if (format === "json") {
          const body = { scan: found.scan, ...found.facts, security: explained(found.facts), topology };
          return cached(found, "report", headers["if-none-match"], body);
        }
        const text = format === "mermaid" ? toMermaid(topology) : documentOf(found, format, version);
        const reply = cached(found, format, headers["if-none-match"], text);
        if (reply.status !== 200) return reply;
        const contentType = { mermaid, sarif, html }[format];
        // A page of a host's words: nothing of it may run, whatever shows it.
        const policy = {
          "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        };
        return { ...reply, contentType, headers: { ...reply.headers, ...policy, vary: "accept" } };
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
    discoverRoute(scans, "hardware", contract.hardwareReply, (facts) => ({
      ...{ hardware: facts.hardware, virtualization: facts.virtualization, performance: facts.performance },
      details: facts.details && pickOf(facts.details, detailsOf.hardware),
    })),
    discoverRoute(scans, "software", contract.softwareReply, (facts) => ({
      ...{ system: facts.system, software: facts.software, services: facts.services },
      details: facts.details && pickOf(facts.details, detailsOf.software),
    })),
    discoverRoute(scans, "network", contract.networkReply, ({ network, details }) => ({
      network,
      details: details && pickOf(details, detailsOf.network),
    })),
    discoverRoute(
      scans,
      "security",
      contract.securityReply,
      (facts) => ({
        security: explained(facts),
        details: facts.details && pickOf(facts.details, detailsOf.security),
      }),
      "full",
    ),
  ];
}

/** Which details of a full scan each view of discovery shows; the report has all. */
const detailsOf = {
  hardware: ["filesystems", "devices", "raid", "volumes", "graphics", "secureBoot"],
  software: ["timeZone", "fips", "limits", "schedule", "units", "failedUnits", "software"],
  network: ["neighbours6", "promiscuous", "iscsiName", "nvmeName"],
  security: ["hostKeys", "authorizedKeys", "logins", "appArmor"],
} as const satisfies Record<string, (keyof DetailFacts)[]>;

function pickOf(details: DetailFacts, names: readonly (keyof DetailFacts)[]): Partial<DetailFacts> {
  return Object.fromEntries(names.map((name) => [name, details[name]]));
}

const titles = {
  quick: "Scan a host, or many by labels or group: files and kernel tables only, in well under a second",
  full: "Scan a host, or many, and judge how safe each is: settings, files, packages, known faults",
};

/** The two kinds of scan, each by POST and by GET. Only what asks can be told as events: POST may be repeated by its key. */
function scanningRoutes(services: ScanServices): Route[] {
  const fleet = { description: "Many hosts were scanned, or tried.", schema: contract.fleet };
  const scan = { description: "Scanned, and kept as the host's last scan.", schema: contract.scan };
  const streamed = "As a stream: events `progress` or `host`, then one `scan`, `fleet` or `error`.";
  const asEvents = <T extends { description: string }>(reply: T) => ({
    ...reply,
    description: `${reply.description} ${streamed}`,
    otherTypes: ["text/event-stream"],
  });
  return (["quick", "full"] as const).flatMap((kind) => {
    const common = { path: `/api/v1/scan/${kind}`, tag, access: "host:connect" } as const;
    return [
      route({
        ...common,
        method: "post",
        summary: titles[kind],
        // `curl -X POST` sends none: that is the only host.
        body: contract.scanRequest.prefault({}),
        replies: { 200: fleet, 201: scan },
        handler: ({ body, ...request }) => answer(begin(services, kind, body, request)),
      }),
      route({
        ...common,
        method: "get",
        summary: `${kind === "full" ? "Scan fully" : "Scan"}, as POST does; with Accept: text/event-stream its progress is told`,
        query: contract.scanRequest,
        replies: { 200: asEvents(fleet), 201: asEvents(scan) },
        async handler({ query, ...request }) {
          const begun = begin(services, kind, query, { ...request, fields: "query." });
          if (!request.headers.accept?.includes("text/event-stream")) return answer(begun);
          // What is refused is refused before the stream begins.
          const first = await begun.events.next();
          return request.sendEvents(toEvents(first, begun));
        },
      }),
    ];
  });
}

/** A scan that is under way, of one host or of many. */
interface Begun {
  events: AsyncGenerator<unknown, Found | contract.Fleet>;
  /** Names of its events: one of several, and the last. */
  each: string;
  last: string;
}

function begin(
  { scans, fleetScans }: ScanServices,
  kind: "quick" | "full",
  wanted: z.output<typeof contract.scanRequest>,
  {
    principal,
    requestId,
    signal,
    fields = "",
  }: Pick<RouteRequest, "principal" | "requestId" | "signal"> & { fields?: string },
): Begun {
  if (contract.isSelection(wanted)) {
    const events = fleetScans.scan(principal, wanted, { kind, fields, requestId, signal });
    return { events, each: "host", last: "fleet" };
  }
  const options = { field: `${fields}host`, requestId, signal };
  const events =
    kind === "full"
      ? scans.scanFully(principal, wanted.host, options)
      : inOneStep(() => scans.scan(principal, wanted.host, options));
  return { events, each: "progress", last: "scan" };
}

async function answer({ events }: Begun): Promise<RouteReply> {
  const result = await lastOf(events);
  if (!("scan" in result)) return { status: 200, body: result };
  const { scan } = result;
  return { status: 201, body: scan, headers: { Location: `/api/v1/reports/${scan.id}` } };
}

/** A scan of one step. */
async function* inOneStep(scan: () => Promise<Found>): AsyncGenerator<contract.ScanProgress, Found> {
  const found = await scan();
  const { milliseconds } = found.scan;
  yield { step: "facts", title: "Files and kernel tables", done: 1, of: 1, milliseconds, reason: null };
  return found;
}

function discoverRoute(
  scans: Scans,
  name: string,
  schema: z.ZodType,
  pick: (facts: Found["facts"]) => object,
  kind?: "full",
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
      const options = { field: "query.host", requestId, signal, kind };
      const found = await scans.discover(principal, query, options);
      return cached(found, name, headers["if-none-match"], { scan: found.scan, ...pick(found.facts) });
    },
  });
}

const byType = [
  [/^text\/html$/, "html"],
  [/^application\/sarif\+json$/, "sarif"],
  [/^text\/vnd\.mermaid$/, "mermaid"],
  [/^(application\/json|application\/\*|\*\/\*)$/, "json"],
] as const;

/** The first of the caller's types that there is, the more wanted ones first; json for one who says nothing. */
function formatOf(accept = "*/*") {
  const wanted = accept
    .split(",")
    .map((part) => {
      const [type = "", ...parameters] = part.split(";").map((word) => word.trim());
      const weight = parameters.find((word) => word.startsWith("q="))?.slice(2);
      return { type: type.toLowerCase(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const { type } of wanted) {
    const [, format] = byType.find(([pattern]) => pattern.test(type)) ?? [];
    if (format) return format;
  }
  return "json";
}

function documentOf({ scan, facts }: Found, format: "sarif" | "html", version: string): string {
  if (format === "sarif" && !facts.security) {
    const message = "This scan looked at no security: POST /api/v1/scan/full makes one that does.";
    throw new RoostError("not_acceptable", message);
  }
  const { id, host, createdAt } = scan;
  const report = { host: host.name, scan: id, createdAt, version, facts };
  return format === "html" ? toHtml(report) : JSON.stringify(toSarif(report));
}

/** With what each check is about. */
function explained({ security }: Found["facts"]) {
  return security && { ...security, judgements: security.judgements.map(explain) };
}

/** Events as they come, then the result, or why there is none: by then the reply has begun. */
async function* toEvents(
  first: IteratorResult<unknown, Found | contract.Fleet>,
  { events, each, last }: Begun,
): AsyncGenerator<StreamEvent> {
  try {
    let next = first;
    for (; !next.done; next = await events.next()) yield { event: each, data: next.value };
    yield { event: last, data: "scan" in next.value ? next.value.scan : next.value };
  } catch (error) {
    const known =
      error instanceof RoostError ? error : new RoostError("internal", "The scan failed within the server.");
    yield { event: "error", data: { code: known.code, detail: known.message, faults: known.faults } };
  }
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
