import { z } from "zod";
import { RoostError } from "../errors.ts";
import { type Route, route } from "../http/route.ts";
import type { StateBackend } from "./service.ts";
import { parseCheckpoint, parseEvents } from "./wire.ts";
import { readText } from "./wire-body.ts";
import { updateParams } from "./wire-schemas.ts";

const updatePath = "/api/stacks/:organization/:project/:stack/update/:update";
/** Public: no account logs in here, the lease that the update was given is the authority. */
const common = {
  tag: "Pulumi protocol",
  protocol: "pulumi",
  access: "public",
  params: updateParams,
} as const;
const done = { 204: { description: "Durable" } };

/** A batch of 100 entries; the command halves a batch that is refused for its size. */
const journalLimitBytes = 64 * 1024 * 1024;
const stateLimitBytes = 256 * 1024 * 1024;
const eventLimitBytes = 32 * 1024 * 1024;

/** Every write of a running update; each carries its lease and is refused without it. */
export function leaseRoutes(backend: StateBackend): Route[] {
  return [
    route({
      ...common,
      method: "patch",
      path: `${updatePath}/journalentries`,
      summary: "Append to the journal",
      bodyKind: "binary",
      replies: done,
      handler: async ({ params, headers, raw }) => {
        const token = leaseOf(headers.authorization);
        const admit = () => backend.checkLease(params.update, token);
        await backend.appendJournal(
          params.update,
          token,
          await readText(raw.request, journalLimitBytes, admit),
        );
        return { status: 204 };
      },
    }),
    route({
      ...common,
      method: "patch",
      path: `${updatePath}/checkpoint`,
      summary: "Replace the state, for clients that keep no journal",
      bodyKind: "binary",
      replies: done,
      handler: async ({ params, headers, raw }) => {
        const token = leaseOf(headers.authorization);
        const admit = () => backend.checkLease(params.update, token);
        const checkpoint = parseCheckpoint(await readText(raw.request, stateLimitBytes, admit));
        await backend.uploadCheckpoint(params.update, token, checkpoint);
        return { status: 204 };
      },
    }),
    route({
      ...common,
      method: "post",
      path: `${updatePath}/events/batch`,
      summary: "Add engine events to the live stream",
      bodyKind: "binary",
      replies: done,
      handler: async ({ params, headers, raw }) => {
        const token = leaseOf(headers.authorization);
        const admit = () => backend.checkLease(params.update, token);
        const events = parseEvents(await readText(raw.request, eventLimitBytes, admit));
        if (events.length > 0) await backend.appendEvents(params.update, token, events);
        return { status: 204 };
      },
    }),
    route({
      ...common,
      method: "post",
      path: `${updatePath}/renew_lease`,
      summary: "Keep the lease for longer",
      body: z.looseObject({ duration: z.int().min(1).max(86_400).nullish() }),
      replies: { 200: { description: "The lease" } },
      handler: async ({ params, headers, body }) => {
        const token = leaseOf(headers.authorization);
        const expiresAt = await backend.renewLease(params.update, token, body.duration ?? 300);
        return { status: 200, body: { token, tokenExpiration: Math.floor(expiresAt.getTime() / 1000) } };
      },
    }),
    route({
      ...common,
      method: "post",
      path: `${updatePath}/complete`,
      summary: "End the update: its journal becomes the next version",
      body: z.looseObject({ status: z.enum(["succeeded", "failed", "cancelled"]) }),
      replies: done,
      handler: async ({ params, headers, body }) => {
        await backend.completeUpdate(params.update, leaseOf(headers.authorization), body.status);
        return { status: 204 };
      },
    }),
  ];
}

/** @throws unauthenticated when there is no lease in the header; whether it is a good one, the store knows. */
function leaseOf(authorization: string | undefined): string {
  const token = /^update-token +([A-Za-z0-9_-]{20,200})$/.exec(authorization ?? "")?.[1];
  if (!token)
    throw new RoostError(
      "unauthenticated",
      "This needs the lease of the update: Authorization: update-token <token>.",
    );
  return token;
}
