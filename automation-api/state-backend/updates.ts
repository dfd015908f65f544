import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Principal } from "../access/permissions.ts";
import { notFound, RoostError } from "../errors.ts";
import { type Hide, hiderOf } from "../events/service.ts";
import { conflict, type Names, type Parts, stackFor, whenFree } from "./backend.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { decodeContent, encodeContent } from "./content.ts";
import { endUpdate, settleOrphan } from "./endings.ts";
import { secretTexts } from "./secrets.ts";
import type { EngineEventRow, StackRow, UpdateKind, UpdateRow, WireConfigValue } from "./store.ts";
import { parseJournal } from "./wire.ts";

export interface UpdateRequest {
  kind: Exclude<UpdateKind, "import">;
  dryRun: boolean;
  message: string;
  environment: Record<string, string>;
  config: Record<string, WireConfigValue>;
}

export interface StartRequest {
  /** Replace the stack's tags. */
  tags?: Record<string, string>;
  /** Journal format that the client can write; 0 or absent: none. */
  journalVersion?: number;
}

export interface StartedUpdate {
  version: number;
  token: string;
  tokenExpiration: number;
  journalVersion: number;
}

/** An operation that began and never ended, as the queue asks for it. */
export interface OpenOperation {
  operation: string;
  urn: string;
  type: string;
}

/** The only journal format there is. */
const journalFormat = 1;

export function updateActions(parts: Parts) {
  const { store, cipher, leaseSeconds } = parts;

  /** Names the update; nothing is held until it starts. */
  async function createUpdate(principal: Principal, names: Names, request: UpdateRequest): Promise<string> {
    const stack = await stackFor(parts, principal, names, "deployment:create");
    if (principal.kind === "account" && request.kind === "update" && !request.dryRun && stack.forcedOn) {
      throw new RoostError("forbidden", forcedReason(stack));
    }
    const id = randomUUID();
    const created = await store.createUpdate({
      id,
      stackId: stack.id,
      ...request,
      requesterId: principal.accountId,
      requester: principal.name,
      ...(principal.kind === "deployment"
        ? { deployment: { id: principal.deploymentId, epoch: principal.epoch } }
        : {}),
    });
    if (!created) throw new RoostError("forbidden", "This attempt of the deployment is over.");
    return id;
  }

  /** Gives the lease, and for all but previews the stack with it. @throws conflict naming who holds the stack. */
  async function startUpdate(
    principal: Principal,
    names: Names,
    updateId: string,
    request: StartRequest,
    requestId?: string,
  ): Promise<StartedUpdate> {
    const stack = await stackFor(parts, principal, names, "deployment:create");
    const token = randomBytes(32).toString("base64url");
    const journalVersion = request.journalVersion === journalFormat ? journalFormat : 0;
    const lease = {
      stackId: stack.id,
      updateId,
      hash: hashOf(token),
      seconds: leaseSeconds,
      journalVersion,
      tags: request.tags,
    };
    const outcome = await whenFree(
      () => store.startUpdate(lease, (update) => intent(principal, update, requestId)),
      (orphan) => settleOrphan(parts, orphan),
    );
    if (outcome.kind === "unknown") throw notFound("Update", updateId);
    if (outcome.kind === "busyDeployment") throw conflict(outcome);
    if (outcome.kind === "notStartable") {
      throw new RoostError("conflict", `The update ${updateId} cannot start: it is ${outcome.state}.`);
    }
    return {
      version: outcome.version,
      token,
      tokenExpiration: Math.floor(outcome.expiresAt.getTime() / 1000),
      journalVersion,
    };
  }

  /** For a body that is too large to be read from just anybody. @throws forbidden */
  async function checkLease(updateId: string, token: string): Promise<void> {
    if (!(await store.appendJournal(updateId, hashOf(token), []))) throw leaseLost();
  }

  /** @param seconds what the client asks for; never more than the server's own. */
  async function renewLease(updateId: string, token: string, seconds: number): Promise<Date> {
    const expiresAt = await store.renewLease(updateId, hashOf(token), Math.min(seconds, leaseSeconds));
    if (!expiresAt) throw leaseLost();
    return expiresAt;
  }

  /** Durable when it returns; entries that came before are taken for what they are. */
  async function appendJournal(updateId: string, token: string, body: string): Promise<void> {
    const entries = parseJournal(body).map((entry) => ({
      sequence: entry.sequenceID,
      text: JSON.stringify(entry),
    }));
    if (!(await store.appendJournal(updateId, hashOf(token), entries))) throw leaseLost();
  }

  /** The whole state, from a client that keeps no journal. */
  async function uploadCheckpoint(updateId: string, token: string, checkpoint: Checkpoint): Promise<void> {
    if (!(await store.putUpload(updateId, hashOf(token), await encodeContent(checkpoint)))) throw leaseLost();
  }

  async function appendEvents(
    updateId: string,
    token: string,
    events: Record<string, unknown>[],
  ): Promise<void> {
    const rows: EngineEventRow[] = events.map((data) => ({ sequence: Number(data.sequence), data }));
    const isHeld = await store.appendEvents(updateId, hashOf(token), rows, changesOf(events), hiderFor);
    if (!isHeld) throw leaseLost();
  }

  /** The command hides each secret as one whole text; this hides its members and lines too. */
  function hiderFor({ stackId, config }: Pick<UpdateRow, "stackId" | "config">): Hide {
    const secrets = Object.values(config).filter(({ secret }) => secret);
    return hiderOf(
      secretTexts(
        cipher,
        stackId,
        secrets.map(({ string }) => string),
      ),
    );
  }

  /** Safe to repeat: a client whose reply was lost asks again, with a lease that is over by then. */
  async function completeUpdate(
    updateId: string,
    token: string,
    status: "succeeded" | "failed" | "cancelled",
  ) {
    const { outcome } = await endUpdate(parts, updateId, { by: "lease", hash: hashOf(token) }, status);
    if (outcome.kind === "lost" || outcome.kind === "unknown") throw leaseLost();
  }

  /** Revokes the lease at once; the engine notices at its next write. */
  async function cancelUpdate(
    principal: Principal,
    names: Names,
    updateId: string,
    requestId?: string,
  ): Promise<void> {
    const stack = await stackFor(parts, principal, names, "deployment:cancel");
    const update = await store.findUpdate(stack.id, updateId);
    if (!update) throw notFound("Update", updateId);
    if (update.deploymentId) await parts.cancelDeployment?.(principal, update.deploymentId, requestId);
    const detail = { update: updateId };
    await endUpdate(parts, updateId, { by: "revocation" }, "cancelled", () => [
      { principal, entry: { action: "stack.cancel", object: stack.id, phase: "result", detail, requestId } },
    ]);
  }

  async function findUpdate(principal: Principal, names: Names, updateId: string): Promise<UpdateRow> {
    const stack = await stackFor(parts, principal, names, "stack:read");
    const update = await store.findUpdate(stack.id, updateId);
    if (!update) throw notFound("Update", updateId);
    return update;
  }

  /**
   * Ends an update whose engine is gone, and tells what it left open. Closing
   * twice is harmless: the second time tells the same.
   */
  async function closeInterrupted(updateId: string): Promise<OpenOperation[]> {
    const { outcome, open } = await endUpdate(parts, updateId, { by: "revocation" }, "failed");
    const pending = outcome.kind === "already" ? await pendingOf(updateId) : open;
    return pending.map(({ type, resource }) => ({ operation: type, urn: resource.urn, type: resource.type }));
  }

  async function pendingOf(updateId: string) {
    const bytes = await store.findUpdateContent(updateId);
    return (bytes && (await decodeContent(bytes)).deployment?.pending_operations) ?? [];
  }

  /** Settles updates whose lease is over; the stack is free afterwards, whether or not anybody asks for it. */
  async function settleOrphans(): Promise<number> {
    const orphans = await store.findOrphans(100);
    for (const updateId of orphans) await settleOrphan(parts, updateId);
    return orphans.length;
  }

  return {
    createUpdate,
    startUpdate,
    checkLease,
    renewLease,
    appendJournal,
    uploadCheckpoint,
    appendEvents,
    completeUpdate,
    cancelUpdate,
    findUpdate,
    closeInterrupted,
    settleOrphans,
  };
}

function intent(principal: Principal, update: UpdateRow, requestId: string | undefined) {
  if (update.dryRun) return [];
  const detail = { update: update.id, message: update.message };
  return [
    {
      principal,
      entry: {
        action: `stack.${update.kind}`,
        object: update.stackId,
        phase: "intent" as const,
        detail,
        requestId,
      },
    },
  ];
}

/** The engine's own sum, at the end of every operation. */
function changesOf(events: Record<string, unknown>[]): Record<string, number> | undefined {
  const summary = events.findLast((event) => event.summaryEvent)?.summaryEvent as
    | { resourceChanges?: Record<string, number> }
    | undefined;
  return summary && (summary.resourceChanges ?? {});
}

function forcedReason({ project, name, forcedOn }: StackRow): string {
  return [
    `Policies are forced on the ${forcedOn}, and a command of yours would not run them.`,
    `Deploy ${project}/${name} by the platform (roost deploy), or have allowCommandLine set for it.`,
  ].join(" ");
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** 403 ends the engine at once: it is said only when the lease is really gone. */
function leaseLost(): RoostError {
  return new RoostError(
    "forbidden",
    "The lease of this update is over: it was cancelled, or not renewed in time.",
  );
}
