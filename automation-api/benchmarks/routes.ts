import { type BenchmarkResult, toSvg } from "../../host-provisioning/benchmark/index.ts";
import { RoostError } from "../errors.ts";
import { plannedReply } from "../host-actions/contract.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { Benchmarks } from "./service.ts";

const tag = "Optimization";
const svg = "image/svg+xml";
const queued = { description: "Queued as a deployment of the host.", schema: contract.plannedBenchmark };

export function benchmarkRoutes(benchmarks: Benchmarks): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/benchmark/run",
      summary:
        "Tune a host, measure it without and with that in turns, and take it back when something became worse",
      tag,
      access: "host:connect",
      body: contract.benchmarkRequest,
      replies: {
        201: { description: "A preview: nothing was changed.", schema: contract.plannedBenchmark },
        202: queued,
      },
      async handler({ principal, body, requestId, traceParent, signal }) {
        return plannedReply(await benchmarks.run(principal, body, { requestId, traceParent, signal }));
      },
    }),
    route({
      method: "get",
      path: "/api/v1/benchmark/run",
      summary: "Measure a host as it is; nothing on it is changed",
      tag,
      access: "host:change",
      query: contract.benchmarkQuery,
      replies: { 202: queued },
      async handler({ principal, query, requestId, traceParent, signal }) {
        const request = contract.benchmarkRequest.parse(query);
        const options = { field: "query.host", requestId, traceParent, signal };
        return plannedReply(await benchmarks.run(principal, request, options));
      },
    }),
    route({
      method: "get",
      path: "/api/v1/benchmark/results/:id",
      summary:
        "Show what a benchmark found: all pairs, the statistics and the verdicts, or a picture of them",
      tag,
      access: "host:read",
      params: contract.benchmarkParams,
      query: contract.resultQuery,
      replies: {
        200: { description: "By its action's id.", schema: contract.shownBenchmark, otherTypes: [svg] },
      },
      async handler({ principal, params, query, headers: { accept } }) {
        const body = await benchmarks.show(principal, params.id);
        const format = query.format ?? (accept?.includes(svg) ? "svg" : "json");
        const headers: Record<string, string> = { vary: "accept" };
        if (format === "json") return { status: 200, body, headers };
        const { action, result } = body;
        if (result === null)
          throw new RoostError("conflict", `${action.id} is ${action.state}, and has no result to draw.`);
        headers["content-security-policy"] = "default-src 'none'; sandbox";
        const picture = toSvg(result as BenchmarkResult, `${action.host.name}: ${action.title}`);
        return { status: 200, body: picture, contentType: svg, headers };
      },
    }),
  ];
}
