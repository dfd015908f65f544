import { plannedReply } from "../host-actions/contract.ts";
import { type Route, route } from "../http/route.ts";
import * as contract from "./contract.ts";
import * as requests from "./requests.ts";
import * as service from "./service.ts";

const tag = "Terminal";
const replies = {
  201: { description: "A preview: nothing was changed.", schema: contract.installedShell },
  202: { description: "Queued as a deployment of the host.", schema: contract.installedShell },
};

export function terminalRoutes(
  installs: service.ShellInstalls,
  history: service.ShellVersionHistory,
): Route[] {
  return [...knowingRoutes(), ...installingRoutes(installs), ...historyRoutes(history)];
}

function installingRoutes(installs: service.ShellInstalls): Route[] {
  return [
    route({
      method: "post",
      path: "/api/v1/themes/install",
      summary: "Give a person's shell on a host another prompt, with an undo record",
      tag,
      access: "host:connect",
      body: requests.themeInstall,
      replies,
      handler: async ({ principal, body, requestId, traceParent, signal }) =>
        plannedReply(await installs.theme(principal, body, { requestId, traceParent, signal })),
    }),
    route({
      method: "post",
      path: "/api/v1/plugins/install",
      summary: "Add pinned plugins to a person's shell on a host, with an undo record",
      tag,
      access: "host:connect",
      body: requests.pluginInstall,
      bodyLimitBytes: 4 * 1024 * 1024,
      replies,
      handler: async ({ principal, body, requestId, traceParent, signal }) =>
        plannedReply(await installs.plugins(principal, body, { requestId, traceParent, signal })),
    }),
    route({
      method: "post",
      path: "/api/v1/optimize/terminal",
      summary: "Make what a person's shell on a host is one fast configuration, with an undo record",
      tag,
      access: "host:connect",
      body: requests.terminalOptimize,
      bodyLimitBytes: 4 * 1024 * 1024,
      replies,
      handler: async ({ principal, body, requestId, traceParent, signal }) =>
        plannedReply(await installs.optimize(principal, body, { requestId, traceParent, signal })),
    }),
  ];
}

function knowingRoutes(): Route[] {
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
  ];
}

function historyRoutes(history: service.ShellVersionHistory): Route[] {
  return [
    route({
      method: "get",
      path: "/api/v1/shells/versions",
      summary: "List the versions of a person's shell on a host, newest first",
      tag,
      access: "host:read",
      query: requests.shellOwner,
      replies: { 200: { description: "All that were there.", schema: contract.shellVersions } },
      handler: async ({ principal, query }) => ({ status: 200, body: await history.list(principal, query) }),
    }),
    route({
      method: "get",
      path: "/api/v1/shells/diff",
      summary: "Compare two versions of a person's shell on a host",
      tag,
      access: "host:read",
      query: requests.shellDiffQuery,
      replies: { 200: { description: "The generated files.", schema: contract.shellDiff } },
      handler: async ({ principal, query }) => ({ status: 200, body: await history.diff(principal, query) }),
    }),
    route({
      method: "post",
      path: "/api/v1/shells/verify",
      summary: "Look on the host whether a person's shell is as it was made",
      tag,
      access: "host:connect",
      body: requests.shellOwner,
      replies: { 200: { description: "Nothing was changed.", schema: contract.verifiedShell } },
      handler: async ({ principal, body, signal }) => ({
        status: 200,
        body: await history.verify(principal, body, { signal }),
      }),
    }),
    route({
      method: "post",
      path: "/api/v1/shells/rollback",
      summary: "Put an older version of a person's shell in place again, with an undo record",
      tag,
      access: "host:connect",
      body: requests.shellRollback,
      replies,
      handler: async ({ principal, body, requestId, traceParent, signal }) =>
        plannedReply(await history.rollback(principal, body, { requestId, traceParent, signal })),
    }),
  ];
}
