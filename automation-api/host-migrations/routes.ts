import { plannedReply } from "../host-actions/contract.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import type { HostMigrations } from "./service.ts";

const tag = "Migration";
const place = (id: string) => ({ Location: `/api/v1/migrate/archives/${id}` });

export function hostMigrationRoutes(migrations: HostMigrations): Route[] {
  return [...movingRoutes(migrations), ...archiveRoutes(migrations)];
}

function movingRoutes(migrations: HostMigrations): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/migrate/export",
      summary:
        "Make a signed archive of a host's packages, sources, changed configuration, people, units and crontabs",
      tag,
      access: "host:change",
      body: contract.exportRequest,
      replies: { 201: { description: "Kept; name it in an import.", schema: contract.exported } },
      async handler({ principal, body, requestId, signal }) {
        const made = await migrations.export(principal, body, { requestId, signal });
        return { status: 201, body: made, headers: place(made.id) };
      },
    }),
    route({
      method: "post",
      path: "/api/v1/migrate/import",
      summary: "Make a host like the one of an archive, with a report of conflicts and an undo record",
      tag,
      access: "host:change",
      body: contract.importRequest,
      replies: {
        201: { description: "A preview: nothing was changed.", schema: contract.migration },
        202: { description: "Queued as a deployment of the host.", schema: contract.migration },
      },
      handler: async ({ principal, body, requestId, traceParent, signal }) =>
        plannedReply(await migrations.import(principal, body, { requestId, traceParent, signal })),
    }),
  ];
}

function archiveRoutes(migrations: HostMigrations): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/migrate/archives",
      summary: "List archives of hosts, newest first",
      tag,
      access: "host:read",
      query: contract.archiveQuery,
      replies: { 200: { description: "A page of archives.", schema: contract.archivePage } },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await migrations.list(principal, query),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/migrate/archives",
      summary: "Keep an archive that was downloaded before; its signature is checked first",
      tag,
      access: "host:change",
      body: contract.uploadRequest,
      bodyLimitBytes: contract.archiveBodyBytes,
      replies: { 201: { description: "Kept; name it in an import.", schema: contract.archive } },
      async handler({ principal, body, requestId }) {
        const kept = await migrations.upload(principal, body.archive, { requestId });
        return { status: 201, body: kept, headers: place(kept.id) };
      },
    }),
    route({
      method: "get",
      path: "/api/v1/migrate/archives/:id",
      summary: "Download an archive: a line with its signature, and below it a gzipped tar as base64",
      tag,
      access: "host:change",
      params: contract.archiveParams,
      replies: { 200: { description: "Its text.", contentType: "text/plain; charset=utf-8" } },
      handler: async ({ principal, params, requestId }) => ({
        status: 200,
        body: await migrations.download(principal, params.id, { requestId }),
      }),
    }),
    route({
      method: "delete",
      path: "/api/v1/migrate/archives/:id",
      summary: "Forget an archive",
      tag,
      access: "host:change",
      params: contract.archiveParams,
      replies: { 204: { description: "It is gone." } },
      async handler({ principal, params, requestId }) {
        await migrations.delete(principal, params.id, { requestId });
        return { status: 204 };
      },
    }),
  ];
}
