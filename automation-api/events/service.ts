import { may } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import type { Db, Tx } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import type { NewEvent, StoredEvent } from "./contract.ts";
import * as queries from "./queries.ts";

export { EventFeed } from "./feed.ts";
export { type Hide, hiderOf } from "./secrecy.ts";
export { streamReply, toStreamEvents } from "./stream.ts";

/** Where a stream belongs; its id is the deployment's or the update's. */
export interface StreamOwner {
  id: string;
  organizationId: string;
  projectId: string;
  stackId: string;
}

/** Makes an empty stream. */
export async function openStream(tx: Tx, owner: StreamOwner): Promise<void> {
  await queries.insertStream(tx, {
    id: owner.id,
    organization_id: owner.organizationId,
    project_id: owner.projectId,
    stack_id: owner.stackId,
  });
}

/**
 * Appends a batch to a stream and wakes its followers at commit.
 * @returns the sequence numbers, in the order of the batch.
 * @throws conflict when the stream has ended or was never made.
 */
export async function append(tx: Db | Tx, streamId: string, events: readonly NewEvent[]): Promise<number[]> {
  if (events.length === 0) return [];
  const last = await queries.appendEvents(tx, streamId, events);
  if (last === undefined) throw new RoostError("conflict", `The event stream ${streamId} has ended.`);
  return events.map((_, index) => last - events.length + 1 + index);
}

/** Ends a stream: followers are let go after the last event. Ending twice is harmless. */
export async function end(tx: Db | Tx, streamId: string): Promise<void> {
  await queries.endStream(tx, streamId);
}

/** A page of at most `limit` events after sequence `after`; `complete`: no more will come. */
export async function read(
  db: Db,
  streamId: string,
  after: number,
  limit: number,
): Promise<{ events: StoredEvent[]; complete: boolean }> {
  const page = await queries.readPage(db, streamId, after, limit);
  if (!page) throw notFound("Event stream", streamId);
  return page;
}

/**
 * Checks that the principal may see the stream.
 * @param what what a person calls the owner, such as Deployment, for the error.
 */
export async function requireReadable(
  db: Db,
  principal: Principal,
  streamId: string,
  what: string,
): Promise<void> {
  const stream = await queries.findStream(db, streamId);
  const visible =
    stream !== undefined &&
    stream.organization_id === principal.organizationId &&
    may(principal, "stack:read", { projectId: stream.project_id, stackId: stream.stack_id });
  if (!visible) throw notFound(what, streamId);
}
