import type { Session } from "./contract.ts";
import { estimate, hostLabel } from "./domain.ts";
import type { LaunchLimit } from "./launches.ts";
import type { SessionRow } from "./queries.ts";

export interface ViewSettings {
  /** Where the proxy is reached, with `*` for the session's label, such as `http://*.localhost:8001`. */
  proxyUrl: string;
  /** As it would be for a session that starts now. */
  isolates(target: SessionRow["target"]): boolean;
  /** Starts that a target takes; null: as many as there are. */
  launchLimit(target: SessionRow["target"]): LaunchLimit | null;
}

export function viewSession(row: SessionRow, settings: ViewSettings): Session {
  const isReady = row.state === "warm" || row.state === "active";
  const isWaiting = row.owner !== null && (row.state === "requested" || row.state === "starting");
  const limit = settings.launchLimit(row.target);
  const waiting = estimate({
    ahead: row.ahead,
    waitedSeconds: limit === null ? row.waited_seconds : (row.launched_seconds ?? 0),
    startSeconds: row.start_seconds,
    launch: limit && row.launched_seconds === null ? launchOf(row, limit) : null,
    target: row.target,
  });
  return {
    id: row.id,
    state: row.state,
    template: row.template,
    user: row.owner,
    address:
      isReady && row.address !== null && row.port !== null ? { ip: row.address, port: row.port } : null,
    url: row.state === "active" ? sessionUrl(settings.proxyUrl, row.id) : null,
    isolation: row.isolation ?? (settings.isolates(row.target) ? "network" : "none"),
    waiting: isWaiting ? { position: waiting.position, estimateSeconds: waiting.seconds } : null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastActivityAt: row.last_activity_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    claimedAt: row.claimed_at?.toISOString() ?? null,
    readyAt: row.ready_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    reason: row.reason,
    error: row.error,
    evidence: row.evidence,
  };
}

/** The bucket as it was when somebody drew from it, filled up since; nobody has yet: it is full. */
function launchOf(row: SessionRow, { burst, perSecond }: LaunchLimit) {
  const left =
    row.bucket_tasks === null
      ? burst
      : Math.min(burst, row.bucket_tasks + perSecond * (row.bucket_seconds ?? 0));
  return { perSecond, left, ahead: row.launch_ahead };
}

/** A session's own origin, with a slash at the end. */
export function sessionUrl(proxyUrl: string, id: string): string {
  return new URL(proxyUrl.replace("*", hostLabel(id))).href;
}
