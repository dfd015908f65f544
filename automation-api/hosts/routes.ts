import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import { etagOf, type HostChecks, type HostGroups, type Hosts } from "./service.ts";

const tag = "Hosts";

export interface HostServices {
  hosts: Hosts;
  hostGroups: HostGroups;
  hostChecks: HostChecks;
}

export function hostRoutes({ hosts, hostGroups, hostChecks }: HostServices): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/hosts",
      summary: "Add a host, pinned to its host key",
      tag,
      access: "host:write",
      body: contract.newHost,
      replies: { 201: { description: "Added; nothing was sent to it.", schema: contract.host } },
      async handler({ principal, body, requestId }) {
        const created = await hosts.create(principal, body, requestId);
        const headers = { Location: `/api/v1/hosts/${created.id}`, etag: etagOf(created) };
        return { status: 201, body: created, headers };
      },
    }),
    route({
      method: "post",
      path: "/api/v1/hosts/host-key",
      summary: "Ask a machine for its host keys, to accept one on first use",
      tag,
      access: "host:write",
      body: contract.hostKeyRequest,
      idempotent: false,
      replies: {
        200: {
          description: "What it shows to anybody. Nothing is accepted by this.",
          schema: contract.shownHostKeys,
        },
      },
      handler: async ({ principal, body, requestId, signal }) => ({
        status: 200,
        body: await hosts.showKeys(principal, body, { requestId, signal }),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/hosts/import",
      summary: "Take hosts from an OpenSSH configuration, pinned by its known_hosts",
      tag,
      access: "host:write",
      body: contract.hostImport,
      bodyLimitBytes: 2 * 1024 * 1024,
      replies: {
        200: { description: "What was taken, and what was not and why.", schema: contract.importReport },
      },
      handler: async ({ principal, body, requestId }) => ({
        status: 200,
        body: await hosts.importConfig(principal, body, requestId),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/hosts",
      summary: "List hosts by name, by labels, group or credential",
      tag,
      access: "host:read",
      query: contract.hostQuery,
      replies: { 200: { description: "A page of hosts.", schema: contract.hostPage } },
      handler: async ({ principal, query }) => ({ status: 200, body: await hosts.list(principal, query) }),
    }),
    route({
      method: "get",
      path: "/api/v1/hosts/:id",
      summary: "Show a host",
      tag,
      access: "host:read",
      params: contract.hostParams,
      replies: { 200: { description: "The host, with its version as ETag.", schema: contract.host } },
      async handler({ principal, params }) {
        const found = await hosts.find(principal, params.id);
        return { status: 200, body: found, headers: { etag: etagOf(found) } };
      },
    }),
    route({
      method: "patch",
      path: "/api/v1/hosts/:id",
      summary: "Change a host; with If-Match only if it is still the one that was read",
      tag,
      access: "host:write",
      params: contract.hostParams,
      body: contract.hostPatch,
      replies: { 200: { description: "As it is now.", schema: contract.host } },
      async handler({ principal, params, body, headers, requestId }) {
        const ifMatch = headers["if-match"];
        const changed = await hosts.change(principal, params.id, body, { ifMatch, requestId });
        return { status: 200, body: changed, headers: { etag: etagOf(changed) } };
      },
    }),
    route({
      method: "delete",
      path: "/api/v1/hosts/:id",
      summary: "Remove a host from the inventory; nothing on it is touched",
      tag,
      access: "host:write",
      params: contract.hostParams,
      replies: { 204: { description: "Removed. A host that others are reached through is refused (409)." } },
      async handler({ principal, params, requestId }) {
        await hosts.remove(principal, params.id, requestId);
        return { status: 204 };
      },
    }),
    route({
      method: "post",
      path: "/api/v1/hosts/:id/check",
      summary: "Log in to a host, and keep what came of it as its health",
      tag,
      access: "host:connect",
      params: contract.hostParams,
      idempotent: false,
      replies: { 200: { description: "The host with its health, good or bad.", schema: contract.host } },
      handler: async ({ principal, params, requestId, signal }) => ({
        status: 200,
        body: await hostChecks.check(principal, params.id, { requestId, signal }),
      }),
    }),
    ...groupRoutes(hostGroups),
  ];
}

function groupRoutes(groups: HostGroups): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/host-groups",
      summary: "Name the hosts that have certain labels",
      tag,
      access: "host:write",
      body: contract.newGroup,
      replies: { 201: { description: "Made.", schema: contract.group } },
      handler: async ({ principal, body, requestId }) => ({
        status: 201,
        body: await groups.create(principal, body, requestId),
      }),
    }),
    route({
      method: "get",
      path: "/api/v1/host-groups",
      summary: "List groups of hosts",
      tag,
      access: "host:read",
      query: contract.groupQuery,
      replies: { 200: { description: "A page of groups.", schema: contract.groupPage } },
      handler: async ({ principal, query }) => ({ status: 200, body: await groups.list(principal, query) }),
    }),
    route({
      method: "delete",
      path: "/api/v1/host-groups/:id",
      summary: "Delete a group; its hosts stay",
      tag,
      access: "host:write",
      params: contract.groupParams,
      replies: { 204: { description: "Deleted." } },
      async handler({ principal, params, requestId }) {
        await groups.remove(principal, params.id, requestId);
        return { status: 204 };
      },
    }),
  ];
}
