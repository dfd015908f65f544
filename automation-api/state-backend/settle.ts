import { type Checkpoint, emptyCheckpoint, type StateBody } from "./checkpoint.ts";
import { type Fault, findFaults, isOrderFault, magicOf } from "./integrity.ts";
import { type JournalEntry, missingSequences } from "./journal.ts";
import { sorted } from "./order.ts";
import { replay } from "./replay.ts";
import { holdsOwnSecrets, ownProvider, type StackNames, withoutAddress } from "./server-address.ts";

export interface Settlement {
  /** What the stack's next version holds. */
  checkpoint: Checkpoint;
  /** `false`: what was written is no valid state, and the last good version stays in its place. */
  isPublished: boolean;
  /** `false`: something is missing or wrong, so the update cannot count as succeeded. */
  isWhole: boolean;
  faults: Fault[];
}

export interface Written {
  stackId: string;
  /** The state that the update started from. */
  base: Checkpoint;
  entries: readonly JournalEntry[];
  /** The last whole state, from a client that keeps no journal. */
  upload?: Checkpoint;
  /** Id of a stack of this server, for the secrets that what was written refers to. */
  ownerIdOf: (names: StackNames) => string | undefined;
  /** For the manifest: which engine wrote this, and when. */
  engineVersion: string;
  now: Date;
}

/**
 * Decides what becomes of everything that an update wrote: folds it, mends the
 * order where only order is wrong, and refuses what the engine could not read
 * again. Pure.
 */
export function settle(written: Written): Settlement {
  const { checkpoint, faults } = unite(written);
  const broken = findFaults(checkpoint);
  if (broken.length === 0) return publish(written, checkpoint, faults);
  const mended = broken.every(isOrderFault) ? sorted(checkpoint) : undefined;
  if (mended && findFaults(mended).length === 0) return publish(written, mended, [...faults, ...broken]);
  const refused: Fault = {
    rule: "not-published",
    message: "What this update wrote is no valid state; the version before it stays in place.",
  };
  return {
    checkpoint: written.base,
    isPublished: false,
    isWhole: false,
    faults: [...faults, ...broken, refused],
  };
}

/** The state as of now, for a reader while the update still runs; the last good one if it makes no sense yet. */
export function unite(written: Omit<Written, "now" | "engineVersion">): {
  checkpoint: Checkpoint;
  faults: Fault[];
} {
  const { stackId, base, entries, upload, ownerIdOf } = written;
  if (upload) return { checkpoint: withoutAddress(upload, ownerIdOf), faults: [] };
  if (entries.length === 0) return { checkpoint: base, faults: [] };
  const result = replay(base, entries);
  const checkpoint = withoutAddress(result.checkpoint, ownerIdOf);
  const { faults } = result;
  const missing = missingSequences(entries);
  if (missing.length === 0) return { checkpoint, faults };
  const gap: Fault = {
    rule: "sequence-gap",
    message: `${missing.length} journal entries never arrived: ${missing.slice(0, 20).join(", ")}${missing.length > 20 ? " …" : ""}.`,
  };
  return { checkpoint: withSecretsProvider(checkpoint, stackId), faults: [...faults, gap] };
}

/** The first entry names who keeps the secrets; when it is the one that is lost, the secrets themselves tell. */
function withSecretsProvider(checkpoint: Checkpoint, stackId: string): Checkpoint {
  const body = checkpoint.deployment;
  if (!body || body.secrets_providers || !holdsOwnSecrets(body)) return checkpoint;
  return { ...checkpoint, deployment: { ...body, secrets_providers: ownProvider(stackId) } };
}

function publish(written: Written, checkpoint: Checkpoint, faults: Fault[]): Settlement {
  return {
    checkpoint: stamp(checkpoint, written),
    isPublished: true,
    isWhole: faults.length === 0,
    faults,
  };
}

/** A state that did not change keeps its manifest, so that it is stored once however often it is written. */
function stamp(checkpoint: Checkpoint, { base, upload, engineVersion, now }: Written): Checkpoint {
  const body = checkpoint.deployment;
  if (!body) return emptyCheckpoint;
  const before = base.deployment;
  if (before && withoutManifest(before) === withoutManifest(body)) {
    return { ...checkpoint, deployment: { ...body, manifest: before.manifest } };
  }
  if (upload) return checkpoint;
  const manifest = { time: now.toISOString(), magic: magicOf(engineVersion), version: engineVersion };
  return { ...checkpoint, deployment: { ...body, manifest } };
}

function withoutManifest(body: StateBody): string {
  return JSON.stringify({ ...body, manifest: undefined });
}
