import { z } from "zod";
import { type Route, route } from "../http/route.ts";
import type { StateBackend } from "./service.ts";
import type { UpdateRow } from "./store.ts";
import { configValue, namesOf, stackParams, tags, updateParams } from "./wire-schemas.ts";

const stackPath = "/api/stacks/:organization/:project/:stack";
const updatePath = `${stackPath}/update/:update`;
const common = { tag: "Pulumi protocol", protocol: "pulumi" } as const;

const program = z.looseObject({
  options: z.looseObject({ dryRun: z.boolean().nullish() }).nullish(),
  config: z.record(z.string(), configValue).nullish(),
  metadata: z
    .looseObject({ message: z.string().nullish(), environment: z.record(z.string(), z.string()).nullish() })
    .nullish(),
});

/** Beginning, watching and cancelling an update, with the caller's own token. */
export function updateRoutes(backend: StateBackend): Route[] {
  const creating = (["preview", "update", "refresh", "destroy"] as const).map((kind) =>
    route({
      ...common,
      method: "post",
      path: `${stackPath}/${kind}`,
      summary: `Name a new ${kind}; nothing is held until it starts`,
      access: "deployment:create",
      params: stackParams,
      body: program,
      replies: { 200: { description: "Its id" } },
      handler: async ({ principal, params, body }) => {
        const updateID = await backend.createUpdate(principal, namesOf(principal, params), {
          kind,
          dryRun: kind === "preview" || body.options?.dryRun === true,
          message: body.metadata?.message ?? "",
          environment: body.metadata?.environment ?? {},
          config: body.config ?? {},
        });
        return { status: 200, body: { updateID, requiredPolicies: [], messages: [] } };
      },
    }),
  );
  return [
    ...creating,
    route({
      ...common,
      method: "post",
      path: updatePath,
      summary: "Start an update: gives its lease, and the stack with it",
      access: "deployment:create",
      params: updateParams,
      body: z.looseObject({ tags: tags.nullish(), journalVersion: z.int().nullish() }).optional(),
      replies: { 200: { description: "The lease" } },
      handler: async ({ principal, params, body, requestId }) => {
        const { update, ...names } = params;
        const request = { tags: body?.tags ?? undefined, journalVersion: body?.journalVersion ?? 0 };
        const started = await backend.startUpdate(
          principal,
          namesOf(principal, names),
          update,
          request,
          requestId,
        );
        return { status: 200, body: started };
      },
    }),
    route({
      ...common,
      method: "get",
      path: updatePath,
      summary: "How an update stands",
      access: "stack:read",
      params: updateParams,
      query: z.looseObject({ continuationToken: z.string().max(100).optional() }),
      replies: { 200: { description: "Its state; a continuation token while it is not over" } },
      handler: async ({ principal, params }) => {
        const { update, ...names } = params;
        return {
          status: 200,
          body: progress(await backend.findUpdate(principal, namesOf(principal, names), update)),
        };
      },
    }),
    route({
      ...common,
      method: "post",
      path: `${updatePath}/cancel`,
      summary: "Revoke an update's lease",
      access: "deployment:cancel",
      params: updateParams,
      replies: { 204: { description: "Revoked" } },
      handler: async ({ principal, params, requestId }) => {
        const { update, ...names } = params;
        await backend.cancelUpdate(principal, namesOf(principal, names), update, requestId);
        return { status: 204 };
      },
    }),
  ];
}

function progress({ state }: UpdateRow) {
  if (state === "created") return { status: "not started", events: [], continuationToken: "0" };
  if (state === "running") return { status: "running", events: [], continuationToken: "0" };
  return { status: state === "succeeded" ? "succeeded" : "failed", events: [] };
}
