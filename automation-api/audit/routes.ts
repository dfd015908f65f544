import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Db } from "../db/transaction.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import { csvHeader, csvLine } from "./csv.ts";
import * as service from "./service.ts";

export function auditRoutes({ db, heads }: { db: Db; heads: service.Heads }): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/audit",
      summary: "Who did what, newest first",
      tag: "Audit",
      access: "audit:read",
      query: contract.auditQuery,
      replies: { 200: { description: "A page of the audit trail.", schema: contract.auditPage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await service.listAudit(db, principal, query),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/audit/export",
      summary: "The audit trail as JSON lines or CSV, oldest first",
      tag: "Audit",
      access: "audit:read",
      query: contract.exportQuery,
      replies: { 200: { description: "The rows.", contentType: "application/x-ndjson" } },
      handler: async ({ principal, query, signal, raw }) => {
        const { format, ...filter } = query;
        const batches = await service.exportAudit(db, principal, filter);
        await writeExport(raw.response, batches, format, signal);
        return "handled";
      },
    }),
    route({
      method: "post",
      path: "/api/v1/audit/verify",
      summary: "Verify the whole chain against the signed heads",
      tag: "Audit",
      access: "audit:read",
      // It changes nothing, and the answer is wanted anew each time.
      idempotent: false,
      replies: { 200: { description: "What was found.", schema: contract.verification } },
      handler: async ({ principal }) => ({
        status: 200,
        body: await service.verifyAudit(db, heads, principal),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/audit/key-rotation",
      summary: "Sign the heads with a new key from now on",
      tag: "Audit",
      access: "system:manage",
      replies: { 200: { description: "Ids of both keys.", schema: contract.keyRotation } },
      handler: async ({ principal, requestId }) => ({
        status: 200,
        body: await service.rotateAuditKey(db, heads, principal, requestId),
      }),
    }),
  ];
}

const forms = {
  json: {
    type: "application/x-ndjson",
    header: "",
    line: (row: contract.AuditRow) => `${JSON.stringify(contract.auditRow.parse(row))}\n`,
  },
  csv: { type: "text/csv; charset=utf-8", header: csvHeader, line: csvLine },
};

async function writeExport(
  response: ServerResponse,
  batches: AsyncIterable<contract.AuditRow[]>,
  format: "json" | "csv",
  signal: AbortSignal,
): Promise<void> {
  const { type, header, line } = forms[format];
  response.writeHead(200, {
    "content-type": type,
    "content-disposition": `attachment; filename="audit.${format === "csv" ? "csv" : "jsonl"}"`,
  });
  response.write(header);
  for await (const rows of batches) {
    if (signal.aborted) return;
    if (!response.write(rows.map(line).join(""))) await once(response, "drain", { signal });
  }
  response.end();
}
