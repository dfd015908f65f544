import { z } from "zod";
import { invalid } from "../errors.ts";
import { type Route, route } from "../http/route.ts";
import type { StateBackend } from "./service.ts";
import type { UpdateRow } from "./store.ts";
import { seconds } from "./user-routes.ts";
import { checkCheckpoint, parseCheckpoint } from "./wire.ts";
import { readText } from "./wire-body.ts";
import { name, namesOf, projectParams, stackParams, tags } from "./wire-schemas.ts";

const stackPath = "/api/stacks/:organization/:project/:stack";
const common = { tag: "Pulumi protocol", protocol: "pulumi" } as const;
/** A state of some 100,000 resources. */
const stateLimitBytes = 256 * 1024 * 1024;

const done = { 204: { description: "Done" } };

/** Stacks: create, read, tag, rename, delete; their states: export, import, history. */
export function stackRoutes(backend: StateBackend): Route[] {
  return [
    route({
      ...common,
      method: "head",
      path: "/api/stacks/:organization/:project",
      summary: "Whether a project exists",
      access: "stack:read",
      params: projectParams,
      replies: { 200: { description: "It does" }, 404: { description: "It does not" } },
      handler: async ({ principal, params }) => {
        const isOwn = params.organization === principal.organizationName;
        return { status: isOwn && (await backend.projectExists(principal, params.project)) ? 200 : 404 };
      },
    }),
    route({
      ...common,
      method: "post",
      path: "/api/stacks/:organization/:project",
      summary: "Create a stack, and its project with it",
      access: "stack:create",
      params: projectParams,
      body: z.looseObject({
        stackName: name,
        tags: tags.nullish(),
        teams: z.array(z.string()).nullish(),
        state: z.unknown().optional(),
        config: z.unknown().optional(),
      }),
      bodyLimitBytes: stateLimitBytes,
      replies: { 200: { description: "Created" } },
      handler: async ({ principal, params, body, requestId }) => {
        if (body.teams?.length) throw invalid("teams", "this server has no teams");
        if (body.config != null) throw remoteConfig();
        const state = body.state == null ? undefined : checkCheckpoint(body.state);
        const names = namesOf(principal, { ...params, stack: body.stackName });
        await backend.createStack(principal, names, { tags: body.tags ?? {}, state }, requestId);
        return { status: 200, body: {} };
      },
    }),
    route({
      ...common,
      method: "get",
      path: stackPath,
      summary: "A stack, and what runs on it",
      access: "stack:read",
      params: stackParams,
      replies: { 200: { description: "The stack" } },
      handler: async ({ principal, params }) => {
        const stack = await backend.getStack(principal, namesOf(principal, params));
        const { active } = stack;
        return {
          status: 200,
          body: {
            id: stack.id,
            orgName: stack.organization,
            projectName: stack.project,
            stackName: stack.name,
            tags: stack.tags,
            version: stack.version,
            activeUpdate: active?.id ?? "",
            ...(active
              ? {
                  currentOperation: {
                    kind: active.kind,
                    author: active.requester,
                    started: seconds(active.startedAt),
                  },
                }
              : {}),
          },
        };
      },
    }),
    route({
      ...common,
      method: "delete",
      path: stackPath,
      summary: "Delete a stack; it can be brought back for 30 days",
      access: "stack:delete",
      params: stackParams,
      query: z.looseObject({ force: z.enum(["true", "false"]).default("false") }),
      replies: done,
      handler: async ({ principal, params, query, requestId }) => {
        const force = query.force === "true";
        await backend.deleteStack(principal, namesOf(principal, params), { force, requestId });
        return { status: 204 };
      },
    }),
    route({
      ...common,
      method: "patch",
      path: `${stackPath}/tags`,
      summary: "Replace a stack's tags",
      access: "state:write",
      params: stackParams,
      body: tags,
      replies: done,
      handler: async ({ principal, params, body, requestId }) => {
        await backend.replaceTags(principal, namesOf(principal, params), body, requestId);
        return { status: 204 };
      },
    }),
    route({
      ...common,
      method: "put",
      path: `${stackPath}/config`,
      summary: "Keep a stack's configuration in an environment service: refused, this server has none",
      access: "state:write",
      params: stackParams,
      replies: done,
      handler: async () => {
        throw remoteConfig();
      },
    }),
    route({
      ...common,
      method: "post",
      path: `${stackPath}/rename`,
      summary: "Rename a stack, or move it to another project",
      access: "state:write",
      params: stackParams,
      body: z.looseObject({
        newName: name.or(z.literal("")).nullish(),
        newProject: name.or(z.literal("")).nullish(),
      }),
      replies: done,
      handler: async ({ principal, params, body, requestId }) => {
        const to = { stack: body.newName ?? "", project: body.newProject ?? "" };
        await backend.renameStack(principal, namesOf(principal, params), to, requestId);
        return { status: 204 };
      },
    }),
    ...[undefined, z.coerce.number().int().min(1)].map((version) =>
      route({
        ...common,
        method: "get",
        path: version ? `${stackPath}/export/:version` : `${stackPath}/export`,
        summary: version ? "A version of the state" : "The newest state, live while an update runs",
        access: "state:read",
        params: version ? z.object({ ...stackParams.shape, version }) : stackParams,
        replies: { 200: { description: "The state" } },
        handler: async ({ principal, params, origin }) => {
          const wanted = "version" in params ? (params.version as number) : undefined;
          const body = await backend.exportState(principal, namesOf(principal, params), origin, wanted);
          return { status: 200, body };
        },
      }),
    ),
    route({
      ...common,
      method: "post",
      path: `${stackPath}/import`,
      summary: "Make a state the next version",
      access: "state:write",
      params: stackParams,
      bodyKind: "binary",
      replies: { 200: { description: "The update that stands for it" } },
      handler: async ({ principal, params, raw, requestId }) => {
        const checkpoint = parseCheckpoint(await readText(raw.request, stateLimitBytes));
        const updateId = await backend.importState(
          principal,
          namesOf(principal, params),
          checkpoint,
          requestId,
        );
        return { status: 200, body: { updateId } };
      },
    }),
    route({
      ...common,
      method: "get",
      path: `${stackPath}/updates`,
      summary: "History, newest first",
      access: "stack:read",
      params: stackParams,
      query: z.looseObject({
        pageSize: z.coerce.number().int().min(1).max(1000).default(100),
        page: z.coerce.number().int().min(1).default(1),
      }),
      replies: { 200: { description: "One page" } },
      handler: async ({ principal, params, query }) => {
        const rows = await backend.history(principal, namesOf(principal, params), query.page, query.pageSize);
        return { status: 200, body: { updates: rows.map(historyEntry) } };
      },
    }),
    route({
      ...common,
      method: "get",
      path: `${stackPath}/updates/latest`,
      summary: "The newest update",
      access: "stack:read",
      params: stackParams,
      replies: { 200: { description: "The update" }, 404: { description: "There was none" } },
      handler: async ({ principal, params }) => {
        const [row] = await backend.history(principal, namesOf(principal, params), 1, 1);
        if (!row) return { status: 404, body: { code: 404, message: "The stack was never updated." } };
        return { status: 200, body: { info: historyEntry(row) } };
      },
    }),
    route({
      ...common,
      method: "get",
      path: `${stackPath}/policypacks`,
      summary: "Always empty: policies run with the program that names them",
      access: "stack:read",
      params: stackParams,
      replies: { 200: { description: "An empty list" } },
      handler: async ({ principal, params }) => {
        await backend.getStack(principal, namesOf(principal, params));
        return { status: 200, body: { requiredPolicies: [] } };
      },
    }),
  ];
}

function remoteConfig() {
  return invalid(
    "config",
    "this server has no environment service; keep the configuration in Pulumi.<stack>.yaml",
  );
}

function historyEntry(row: UpdateRow) {
  return {
    kind: row.kind,
    startTime: row.startedAt ? seconds(row.startedAt) : 0,
    message: row.message,
    environment: row.environment,
    config: row.config,
    result: row.state === "running" ? "in-progress" : row.state === "succeeded" ? "succeeded" : "failed",
    endTime: row.endedAt ? seconds(row.endedAt) : 0,
    version: row.version ?? 0,
    resourceChanges: row.resourceChanges ?? {},
    resourceCount: row.resourceCount ?? 0,
  };
}
