import { randomUUID } from "node:crypto";
import { authorize, may, visibleProjects } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { newId } from "../db/id.ts";
import { notFound, RoostError } from "../errors.ts";
import { conflict, type Names, type Parts, stackFor, whenFree } from "./backend.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { decodeContent, encodeContent } from "./content.ts";
import { settleOrphan } from "./endings.ts";
import { renameState } from "./renaming.ts";
import { resourceRows } from "./resource-rows.ts";
import type { AuditLine, NewUpdate, StackRow, StackSummary } from "./store.ts";
import { acceptImport } from "./versions.ts";

export interface StackQuery {
  project?: string;
  tagName?: string;
  tagValue?: string;
  /** Of the page before. */
  continuationToken?: string;
}

export interface StackPage {
  stacks: StackSummary[];
  continuationToken?: string;
}

const pageSize = 200;

export function stackActions(parts: Parts) {
  const { store } = parts;

  /** The stack as it is now; an update whose lease is over is settled first, so that it holds nothing. */
  async function getStack(principal: Principal, names: Names): Promise<StackRow> {
    const stack = await stackFor(parts, principal, names, "stack:read");
    if (!stack.active || stack.active.isLive) return stack;
    await settleOrphan(parts, stack.active.id);
    return stackFor(parts, principal, names, "stack:read");
  }

  async function listStacks(principal: Principal, query: StackQuery): Promise<StackPage> {
    const { continuationToken, ...filter } = query;
    const after = continuationToken?.split("/") as [string, string] | undefined;
    const { organizationId } = principal;
    const projectIds = visibleProjects(principal);
    const stacks = await store.listStacks({ ...filter, organizationId, projectIds, after, limit: pageSize });
    const last = stacks.length === pageSize ? stacks.at(-1) : undefined;
    return last ? { stacks, continuationToken: `${last.project}/${last.name}` } : { stacks };
  }

  async function projectExists(principal: Principal, project: string): Promise<boolean> {
    const id = await store.findProject(principal.organizationId, project);
    return id !== undefined && may(principal, "stack:read", { projectId: id });
  }

  /** A missing project is made with its first stack, which needs its own permission. */
  async function createStack(
    principal: Principal,
    names: Names,
    given: { tags?: Record<string, string>; state?: Checkpoint },
    requestId?: string,
  ): Promise<void> {
    await authorizePlace(principal, names.project);
    const id = newId("stk");
    const stack = {
      id,
      organizationId: principal.organizationId,
      project: names.project,
      newProjectId: newId("prj"),
      name: names.stack,
      tags: given.tags ?? {},
    };
    const checkpoint = given.state?.deployment
      ? await acceptImport(parts, principal, { stackId: id, names }, given.state)
      : undefined;
    const initial = checkpoint && {
      update: importOf(principal, id, "Created with this state"),
      content: await encodeContent(checkpoint),
      resources: resourceRows(checkpoint),
    };
    const audit = line(principal, "stack.create", id, { ...names }, requestId);
    if (!(await store.createStack(stack, initial, audit))) throw alreadyExists(names);
  }

  async function authorizePlace(principal: Principal, project: string): Promise<void> {
    const projectId = await store.findProject(principal.organizationId, project);
    if (projectId === undefined) authorize(principal, "project:create");
    authorize(principal, "stack:create", { projectId });
  }

  async function replaceTags(
    principal: Principal,
    names: Names,
    tags: Record<string, string>,
    requestId?: string,
  ): Promise<void> {
    const stack = await stackFor(parts, principal, names, "state:write");
    await store.replaceTags(stack.id, tags, line(principal, "stack.tag", stack.id, { tags }, requestId));
  }

  /** Its secrets stay readable: their key belongs to the stack's id. URNs are rewritten, as a new version. */
  async function renameStack(
    principal: Principal,
    names: Names,
    to: Partial<Names>,
    requestId?: string,
  ): Promise<void> {
    const stack = await stackFor(parts, principal, names, "state:write");
    const place = { project: to.project || names.project, stack: to.stack || names.stack };
    if (place.project !== names.project) await authorizePlace(principal, place.project);
    if (place.project === names.project && place.stack === names.stack) return;
    const renaming = { oldProject: names.project, oldStack: names.stack, ...place };
    const title = `Renamed from ${names.project}/${names.stack} to ${place.project}/${place.stack}`;
    const outcome = await whenFree(
      () =>
        store.renameStack({
          stackId: stack.id,
          to: { project: place.project, newProjectId: newId("prj"), name: place.stack },
          update: importOf(principal, stack.id, title),
          rewrite: async (bytes) => {
            const renamed = renameState(await decodeContent(bytes), renaming);
            return { content: await encodeContent(renamed), resources: resourceRows(renamed) };
          },
          audit: line(principal, "stack.rename", stack.id, { from: names, to: place }, requestId),
        }),
      (orphan) => settleOrphan(parts, orphan),
    );
    if (outcome.kind === "exists") throw alreadyExists(place);
  }

  /** It can be brought back for 30 days. @throws invalid while it has resources, unless forced. */
  async function deleteStack(
    principal: Principal,
    names: Names,
    options: { force: boolean; requestId?: string },
  ): Promise<void> {
    const stack = await stackFor(parts, principal, names, "stack:delete");
    const { force, requestId } = options;
    const audit = line(principal, "stack.delete", stack.id, { ...names, force }, requestId);
    const outcome = await whenFree(
      () => store.deleteStack(stack.id, force, audit),
      (orphan) => settleOrphan(parts, orphan),
    );
    if (outcome.kind === "busyDeployment") throw conflict(outcome);
    // The command recognises this very text.
    if (outcome.kind === "notEmpty") {
      throw new RoostError("invalid", "Bad Request: Stack still contains resources.");
    }
  }

  async function undeleteStack(
    principal: Principal,
    names: Names,
    options: { requestId?: string } = {},
  ): Promise<void> {
    const projectId = await store.findProject(principal.organizationId, names.project);
    const what = `${names.project}/${names.stack}`;
    if (!projectId || !may(principal, "stack:read", { projectId })) throw notFound("Stack", what);
    authorize(principal, "stack:delete", { projectId });
    const outcome = await store.undeleteStack(principal.organizationId, names.project, names.stack, (id) =>
      line(principal, "stack.undelete", id, { ...names }, options.requestId),
    );
    if (outcome === "exists") throw alreadyExists(names);
    if (outcome === "unknown") throw notFound("Deleted stack", what);
  }

  return {
    getStack,
    listStacks,
    projectExists,
    createStack,
    replaceTags,
    renameStack,
    deleteStack,
    undeleteStack,
  };
}

/** A version that no engine made, as the history shows it. */
export function importOf(principal: Principal, stackId: string, message: string): NewUpdate {
  return {
    id: randomUUID(),
    stackId,
    kind: "import",
    dryRun: false,
    requesterId: principal.accountId,
    requester: principal.name,
    message,
    config: {},
    environment: {},
  };
}

export function line(
  principal: Principal,
  action: string,
  object: string,
  detail: Record<string, unknown>,
  requestId: string | undefined,
): AuditLine[] {
  return [{ principal, entry: { action, object, phase: "result", detail, requestId } }];
}

function alreadyExists({ project, stack }: Names): RoostError {
  return new RoostError("conflict", `The stack ${project}/${stack} already exists.`);
}
