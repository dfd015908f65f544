import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { z } from "zod";
import { route } from "../../../automation-api/http/route.ts";
import { createTracer, parseTraceParent } from "../../../automation-api/http/tracing.ts";
import { startTestServer, until } from "./test-server.ts";

interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

const received: ReceivedSpan[] = [];
let status = 200;
const sink = http.createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  if (status === 200) received.push(...JSON.parse(text).resourceSpans[0].scopeSpans[0].spans);
  response.writeHead(status).end("{}");
});
let endpoint = "";

beforeAll(async () => {
  sink.listen(0, "127.0.0.1");
  await once(sink, "listening");
  endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
});
afterAll(() => {
  sink.close();
});

test("a request's span joins the caller's trace, and what it causes joins the request's", async () => {
  let given = "";
  const server = await startTestServer({
    otlpEndpoint: endpoint,
    routes: () => [
      route({
        method: "get",
        path: "/traced/:id",
        summary: "traced",
        tag: "Test",
        access: "public",
        params: z.object({ id: z.string() }),
        replies: { 204: { description: "ok" } },
        handler: async ({ traceParent }) => {
          given = traceParent;
          return { status: 204 };
        },
      }),
    ],
  });
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  await server.call("GET", "/traced/secret-name", {
    token: null,
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  });
  await until(() => received.length > 0, "the span has arrived");
  await server.close();
  const [span] = received;
  expect(span).toMatchObject({
    traceId,
    parentSpanId: "b7ad6b7169203331",
    name: "HTTP GET /traced/:id",
    kind: 2,
  });
  expect(parseTraceParent(given)).toEqual({ traceId, spanId: span?.spanId });
  expect(span?.attributes).toContainEqual({ key: "http.response.status_code", value: { intValue: "204" } });
  expect(BigInt(span?.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(span?.startTimeUnixNano ?? 0));
  expect(JSON.stringify(received)).not.toContain("secret-name");
});

test("a child span, an error, and every kind of attribute are sent", async () => {
  received.length = 0;
  const tracer = createTracer({ endpoint, service: "roost", version: "1" });
  const parent = tracer.startSpan("deployment", null, {
    position: 3,
    share: 0.5,
    dry: false,
    nothing: undefined,
  });
  tracer.startSpan("engine", parent.traceParent).end("it failed");
  parent.end();
  parent.end();
  await tracer.close();
  const [engine, deployment] = received;
  expect(received).toHaveLength(2);
  expect(engine).toMatchObject({
    parentSpanId: deployment?.spanId,
    traceId: deployment?.traceId,
    status: { code: 2 },
  });
  expect(deployment?.attributes.map((attribute) => attribute.value)).toEqual([
    { intValue: "3" },
    { doubleValue: 0.5 },
    { boolValue: false },
  ]);
});

test("an endpoint that fails, or more spans than it takes, loses spans and nothing else", async () => {
  status = 500;
  const tracer = createTracer({ endpoint, service: "roost", version: "1", queueSize: 10 });
  for (let index = 0; index < 25; index++) tracer.startSpan("x").end();
  expect(tracer.dropped).toBe(15);
  await tracer.close();
  expect(tracer.dropped).toBe(25);
  status = 200;
});

test.each(["", "00-abc-def-01", `00-${"0".repeat(32)}-b7ad6b7169203331-01`, "nonsense"])(
  "the malformed parent %j begins a new trace, also without an endpoint",
  (parent) => {
    const span = createTracer({ service: "roost", version: "1" }).startSpan("x", parent);
    expect(parseTraceParent(span.traceParent)).toBeDefined();
    span.end();
  },
);
