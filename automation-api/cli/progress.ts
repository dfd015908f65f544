import { formatDuration } from "./duration.ts";
import { fitWidth } from "./table.ts";

interface Metadata {
  op: string;
  urn: string;
  type: string;
}

/** The parts of an engine event that tell of a resource. */
interface ResourceEvent {
  resourcePreEvent?: { metadata: Metadata; planning?: boolean };
  resOutputsEvent?: { metadata: Metadata; planning?: boolean };
  resOpFailedEvent?: { metadata: Metadata };
}

interface Step extends Metadata {
  /** By this machine's clock, for what runs now. */
  sinceMs: number;
  /** By the server's clock, for what has ended. */
  begunMs: number;
}

const verbs: Record<string, string> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  read: "reading",
  refresh: "refreshing",
  import: "importing",
  replace: "replacing",
  "create-replacement": "creating replacement",
  "delete-replaced": "deleting original",
};

/** Resources that are being worked on, and how many are done, from the events of a deployment. */
export class Progress {
  readonly #active = new Map<string, Step>();
  #state = "queued";
  #position = 0;
  done = 0;
  failed = 0;

  /**
   * @param nowMs when the event came, by this machine's clock.
   * @param atMs when it happened, by the server's.
   * @returns how long the step took that ended with it; undefined when none did.
   */
  apply({ kind, data }: { kind: string; data: unknown }, nowMs: number, atMs: number): number | undefined {
    if (kind === "state") {
      const { state, position } = data as { state: string; position?: number };
      this.#state = state;
      this.#position = position ?? 0;
      // A new attempt begins at the beginning.
      if (state === "queued") this.#active.clear();
      return undefined;
    }
    if (kind !== "engine") return undefined;
    const {
      resourcePreEvent: begun,
      resOutputsEvent: ended,
      resOpFailedEvent: failed,
    } = data as ResourceEvent;
    if (begun && !begun.planning && begun.metadata.op !== "same") {
      this.#active.set(keyOf(begun.metadata), { ...begun.metadata, sinceMs: nowMs, begunMs: atMs });
      return undefined;
    }
    const over = failed?.metadata ?? (ended && !ended.planning ? ended.metadata : undefined);
    if (!over) return undefined;
    const step = this.#active.get(keyOf(over));
    this.#active.delete(keyOf(over));
    if (failed) this.failed++;
    else if (over.op !== "same") this.done++;
    return step && atMs - step.begunMs;
  }

  /**
   * The lines of a live region: what the deployment does, and each resource
   * that is being worked on with its time, longest first.
   * @param most lines.
   */
  lines(title: string, sinceMs: number, nowMs: number, most: number): string[] {
    const waiting = this.#state === "queued" && this.#position > 0 ? `, ${this.#position} before it` : "";
    const counts = [this.done > 0 && `${this.done} done`, this.failed > 0 && `${this.failed} failed`].filter(
      Boolean,
    );
    const head = [`${title} ${this.#state}${waiting}`, ...counts, formatDuration(nowMs - sinceMs)].join("  ");
    const steps = [...this.#active.values()];
    const room = Math.max(1, most - 2);
    const hidden = steps.length - room;
    return [
      head,
      ...steps.slice(0, room).map((step) => stepLine(step, nowMs)),
      ...(hidden > 0 ? [`    and ${hidden} more`] : []),
    ];
  }
}

function stepLine({ op, urn, type, sinceMs }: Step, nowMs: number): string {
  const name = urn.split("::").slice(3).join("::");
  const time = fitWidth(formatDuration(nowMs - sinceMs), 12, true);
  return `${time}  ${fitWidth(verbs[op] ?? op, 20)} ${fitWidth(type, 24)} ${name}`;
}

/** A replacement has a step for the old resource and one for the new under the same URN. */
function keyOf({ urn, op }: Metadata): string {
  return `${op === "delete-replaced" || op === "delete" ? "-" : "+"} ${urn}`;
}
