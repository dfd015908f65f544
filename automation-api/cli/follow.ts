import { type Deployment, deployment as deploymentSchema } from "../deployments/contract.ts";
import { createLogRenderer } from "../deployments/render.ts";
import type { RoostError } from "../errors.ts";
import { storedEvent } from "../events/contract.ts";
import type { Client } from "./client.ts";
import { formatDuration } from "./duration.ts";
import { followEvents, type ServerEvent } from "./event-stream.ts";
import { exitCodes } from "./exit-codes.ts";
import { LiveRegion } from "./live-region.ts";
import { Progress } from "./progress.ts";
import type { Session } from "./session.ts";

const redrawMs = 200;

export interface FollowFlags {
  json?: boolean;
  /** Head of the live table; default its id. */
  title?: string;
  /** What the first Ctrl-C does. */
  onInterrupt: "cancel" | "detach";
}

type DeploymentEvent = ReturnType<typeof storedEvent.parse>;

/** Where a followed deployment is shown. */
interface View {
  event(event: DeploymentEvent): void;
  notice(line: string): void;
  end(): void;
}

/**
 * Shows a deployment until it ends: a live table on a terminal, lines
 * elsewhere, JSON lines when asked for.
 * @returns the exit code that its end stands for.
 */
export async function follow(
  client: Client,
  id: string,
  session: Session,
  flags: FollowFlags,
): Promise<number> {
  const detached = new AbortController();
  const view = viewFor(session, id, flags);
  let cancelled = false;
  const release = session.context.onSignal(["SIGINT"], () => {
    if (cancelled || flags.onInterrupt === "detach") return detached.abort();
    cancelled = true;
    view.notice(`Cancelling ${id}. Ctrl-C once more leaves it to itself.`);
    void client
      .send({ method: "POST", path: `/api/v1/deployments/${id}/cancel` })
      .catch((error: Error) => view.notice(error.message));
  });
  try {
    const events = followEvents(client, {
      path: `/api/v1/deployments/${id}/events`,
      signal: detached.signal,
      isLast,
      onLost: (reason, waitMs) => view.notice(lostLine(reason, waitMs)),
    });
    for await (const event of events) view.event(parseEvent(event));
  } finally {
    release();
    view.end();
  }
  if (detached.signal.aborted) {
    session.context.stderr.write(`${id} goes on. Follow it again: roost logs -f ${id}\n`);
    return exitCodes.interrupted;
  }
  const ended = await client.send({ path: `/api/v1/deployments/${id}`, reply: deploymentSchema });
  session.context.stdout.write(
    flags.json ? `${JSON.stringify({ kind: "result", data: ended })}\n` : endLine(ended),
  );
  if (cancelled && ended.state === "cancelled") return exitCodes.interrupted;
  return ended.state === "succeeded" ? exitCodes.ok : exitCodes.failed;
}

function isLast({ event, data }: ServerEvent): boolean {
  if (event !== "state") return false;
  const { state } = (JSON.parse(data) as { data: { state: string } }).data;
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

function parseEvent({ data }: ServerEvent): DeploymentEvent {
  return storedEvent.parse(JSON.parse(data));
}

function lostLine(reason: RoostError, waitMs: number): string {
  return `${reason.message.split("\n")[0]} Trying again in ${formatDuration(waitMs)}.`;
}

function viewFor({ context }: Session, id: string, flags: FollowFlags): View {
  const { stdout, stderr } = context;
  const notice = (line: string) => void stderr.write(`${line}\n`);
  if (flags.json) {
    return { event: (event) => void stdout.write(`${JSON.stringify(event)}\n`), notice, end() {} };
  }
  const render = createLogRenderer();
  if (!stdout.isTTY) return { event: (event) => void stdout.write(render(event)), notice, end() {} };
  const region = new LiveRegion(stdout);
  const progress = new Progress();
  const started = Date.now();
  const draw = () =>
    region.show(progress.lines(flags.title ?? id, started, Date.now(), (stdout.rows || 24) - 2));
  const timer = setInterval(draw, redrawMs);
  return {
    event(event) {
      const tookMs = progress.apply(event, Date.now(), Date.parse(event.at));
      const text = liveText(event, render(event), tookMs);
      if (text === "") return;
      region.print(text);
      draw();
    },
    notice(line) {
      region.print(`${line}\n`);
    },
    end() {
      clearInterval(timer);
      region.clear();
    },
  };
}

/** What stays above the live region: a step that only begins is in the region, one that ends shows its time. */
function liveText({ data }: DeploymentEvent, text: string, tookMs: number | undefined): string {
  const begun = data.resourcePreEvent as { planning?: boolean } | undefined;
  if (begun && !begun.planning) return "";
  return tookMs === undefined || text === "" ? text : `${text.trimEnd()} (${formatDuration(tookMs)})\n`;
}

/** One line with the end, what was changed and how long it took. */
export function endLine(ended: Deployment): string {
  const changes = Object.entries(ended.changes)
    .filter(([, count]) => count > 0)
    .map(
      ([op, count]) =>
        `${count} ${op === "same" ? "unchanged" : ended.operation === "preview" ? `to ${op}` : pastOf(op)}`,
    )
    .join(", ");
  const from = Date.parse(ended.startedAt ?? ended.createdAt);
  const parts = [
    `${ended.project}/${ended.stack}: ${ended.operation} ${ended.state}`,
    changes || "no changes",
    ...(ended.version === null ? [] : [`version ${ended.version}`]),
    ...(ended.endedAt ? [formatDuration(Date.parse(ended.endedAt) - from)] : []),
    ended.id,
  ];
  return `${parts.join("  ")}\n${costLine(ended)}`;
}

/** Nothing where the cost of the stack neither is known to be any nor changes. */
function costLine({ cost, operation }: Deployment): string {
  if (!cost || (cost.before === 0 && cost.after === 0)) return "";
  const { currency, before, after, unknown } = cost;
  const change = `${after > before ? "+" : ""}${(after - before).toFixed(2)} ${currency}`;
  const sums = `${before.toFixed(2)} before, ${after.toFixed(2)} ${operation === "preview" ? "would be" : "now"}`;
  const open = unknown.length > 0 ? `; of ${unknown.length} resources it is not known` : "";
  return `Cost a month before any use: ${change} (${sums})${open}.\n`;
}

/** `create` → `created`, `create-replacement` → `create-replacement done`. */
function pastOf(op: string): string {
  if (op.includes("-")) return `${op} done`;
  return op === "read" ? "read" : op.endsWith("e") ? `${op}d` : `${op}ed`;
}
