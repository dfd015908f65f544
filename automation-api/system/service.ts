import { may, visibleProjects } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import type { Db } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import type { SystemStatus } from "./contract.ts";
import { readDisk } from "./metrics.ts";
import * as queries from "./queries.ts";

export { createMetrics, type Metrics } from "./metrics.ts";

/** What the system routes show and check. */
export interface SystemServices {
  db: Db;
  version: string;
  startedAt: Date;
  dataFolder: string;
  embeddedDatabase: boolean;
  deathMs: number;
  /** Version of the engine that this process runs deployments with; null in one that runs none. */
  engineVersion: () => string | null;
  /** Further checks of /ready, by name; each throws an error that says what is wrong. */
  checks: Record<string, () => Promise<void>>;
}

const checkMs = 3_000;

/** Runs all checks beside one another. What they say holds no secret: anybody can read it. */
export async function checkReadiness({ db, checks }: Pick<SystemServices, "db" | "checks">) {
  const all: SystemServices["checks"] = { database: () => queries.ping(db), ...checks };
  const results = await Promise.all(
    Object.entries(all).map(async ([name, check]) => [name, await outcomeOf(check)] as const),
  );
  const ready = results.every(([, result]) => result.ok);
  return {
    status: ready ? ("ready" as const) : ("not ready" as const),
    checks: Object.fromEntries(results),
  };
}

async function outcomeOf(check: () => Promise<void>): Promise<{ ok: boolean; message?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new RoostError("unavailable", `no answer within ${checkMs} ms`)),
      checkMs,
    );
  });
  try {
    await Promise.race([check(), late]);
    return { ok: true };
  } catch (error) {
    return { ok: false, message: error instanceof RoostError ? error.message : "failed; the log has more" };
  } finally {
    clearTimeout(timer);
  }
}

/** What `roost status` shows; workers and disks only with `system:manage`. */
export async function describeSystem(services: SystemServices, principal: Principal): Promise<SystemStatus> {
  const { db } = services;
  const engine = services.engineVersion();
  const counts = await queries.countDeployments(db, principal.organizationId, visibleProjects(principal));
  return {
    version: services.version,
    schema: await queries.readSchemaVersion(db),
    startedAt: services.startedAt.toISOString(),
    organization: { id: principal.organizationId, name: principal.organizationName },
    engine: engine === null ? null : { version: engine },
    database: { version: await queries.readServerVersion(db), embedded: services.embeddedDatabase },
    deployments: Object.fromEntries(counts.map(({ state, count }) => [state, count])),
    ...(may(principal, "system:manage") ? await describeMachines(services, principal) : {}),
  };
}

async function describeMachines({ db, deathMs, dataFolder }: SystemServices, principal: Principal) {
  const workers = await queries.listWorkers(db, deathMs);
  return {
    workers: workers.map(({ startedAt, heartbeatAt, ...worker }) => ({
      ...worker,
      startedAt: startedAt.toISOString(),
      heartbeatAt: heartbeatAt.toISOString(),
    })),
    disk: await readDisk(db, dataFolder),
    stacks: await queries.listStackBytes(db, 20, principal.organizationId),
  };
}
