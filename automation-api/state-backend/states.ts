import type { Principal } from "../access/permissions.ts";
import { notFound } from "../errors.ts";
import type { StackGraph } from "../projects/contract.ts";
import { type Names, type Parts, stackFor, whenFree } from "./backend.ts";
import { type Checkpoint, emptyCheckpoint } from "./checkpoint.ts";
import { decodeContent, encodeContent } from "./content.ts";
import { readRows, settleOrphan } from "./endings.ts";
import { graphOfState } from "./graph.ts";
import { findFaults } from "./integrity.ts";
import { resourceRows } from "./resource-rows.ts";
import { storedSecretsOwner, withAddress } from "./server-address.ts";
import { unite } from "./settle.ts";
import { importOf, line } from "./stacks.ts";
import type { StackRow, UpdateRow } from "./store.ts";
import { rootStackType } from "./urn.ts";
import { acceptImport } from "./versions.ts";

export function stateActions(parts: Parts) {
  const { store } = parts;

  /**
   * A version of the state, with the server's address as the caller knows it.
   * Without a version: the newest, or what a running update has reached.
   */
  async function exportState(
    principal: Principal,
    names: Names,
    origin: string,
    version?: number,
  ): Promise<Checkpoint> {
    const stack = await stackFor(parts, principal, names, "state:read");
    const checkpoint = version === undefined ? await current(stack) : await stored(stack, version);
    const owner = storedSecretsOwner(checkpoint);
    const place = owner && (await store.findNames(owner));
    return place ? withAddress(checkpoint, origin, place) : checkpoint;
  }

  async function stored(stack: StackRow, version: number): Promise<Checkpoint> {
    const bytes = await store.findContent(stack.id, version);
    if (!bytes) throw notFound("Version", `${version} of ${stack.project}/${stack.name}`);
    return decodeContent(bytes);
  }

  async function current(stack: StackRow): Promise<Checkpoint> {
    if (stack.active && !stack.active.isLive) await settleOrphan(parts, stack.active.id);
    return (stack.active?.isLive && (await live(stack))) || newest(stack.id);
  }

  async function newest(stackId: string): Promise<Checkpoint> {
    const bytes = await store.findContent(stackId);
    return bytes ? decodeContent(bytes) : emptyCheckpoint;
  }

  /** `undefined` when what the update has written so far is nothing that a reader could use. */
  async function live(stack: StackRow): Promise<Checkpoint | undefined> {
    const written = await store.readWritten(stack.active?.id ?? "");
    if (!written || (written.entries.length === 0 && !written.upload)) return undefined;
    const find = async (_organization: string, project: string, name: string) =>
      (await store.findStack(stack.organizationId, project, name))?.id;
    const { checkpoint } = unite(await readRows(written, find));
    return findFaults(checkpoint).length === 0 ? checkpoint : undefined;
  }

  /** Makes a state the stack's next version. @returns the id of the update that stands for it. */
  async function importState(
    principal: Principal,
    names: Names,
    given: Checkpoint,
    requestId?: string,
  ): Promise<string> {
    const stack = await stackFor(parts, principal, names, "state:write");
    const checkpoint = await acceptImport(parts, principal, { stackId: stack.id, names }, given);
    const update = importOf(principal, stack.id, "");
    const request = {
      stackId: stack.id,
      update,
      content: await encodeContent(checkpoint),
      resources: resourceRows(checkpoint),
      audit: line(principal, "state.import", stack.id, { update: update.id }, requestId),
    };
    await whenFree(
      () => store.importContent(request),
      (orphan) => settleOrphan(parts, orphan),
    );
    return update.id;
  }

  /** Newest first; pages count from 1. */
  async function history(
    principal: Principal,
    names: Names,
    page: number,
    pageSize: number,
  ): Promise<UpdateRow[]> {
    const stack = await stackFor(parts, principal, names, "stack:read");
    if (stack.active && !stack.active.isLive) await settleOrphan(parts, stack.active.id);
    return store.history(stack.id, pageSize, (page - 1) * pageSize);
  }

  /** Outputs of the newest version, secrets still as ciphertext; `undefined` when there is none. For services, which authorize. */
  async function outputs(stackId: string): Promise<Record<string, unknown> | undefined> {
    const checkpoint = await newest(stackId);
    const root = checkpoint.deployment?.resources?.find(
      (resource) => resource.type === rootStackType && !resource.delete,
    );
    return root?.outputs;
  }

  /** The graph of a version, secrets masked; `undefined` when there is no such state. For services, which authorize. */
  async function graphOf(stackId: string, version?: number): Promise<StackGraph | undefined> {
    const bytes = await store.findContent(stackId, version);
    const names = bytes && (await store.findNames(stackId));
    return names && graphOfState(await decodeContent(bytes), { project: names.project, stack: names.stack });
  }

  return { exportState, importState, history, outputs, graphOf };
}
