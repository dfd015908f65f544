import type pg from "pg";
import { PgBoss } from "pg-boss";
import type { Settings } from "../config.ts";
import type { Db } from "../db/transaction.ts";
import type { StateBackend } from "../state-backend/service.ts";
import * as queries from "./queries.ts";

/** Deleted stacks can be brought back for so long. */
const deletedDays = 30;
/** An update that was created and never started is rubbish after this. */
const unstartedMinutes = 60;
const queue = "retention";

export interface MaintenanceDependencies {
  db: Db;
  state: Pick<StateBackend, "retain">;
  settings: Pick<Settings, "ROOST_RETENTION_VERSIONS" | "ROOST_RETENTION_DAYS">;
}

/** Bounds what is kept: old versions, events, uploads, expired rows. Harmless to run at any time. */
export async function retain({ db, state, settings }: MaintenanceDependencies): Promise<void> {
  const days = settings.ROOST_RETENTION_DAYS;
  await state.retain({ versions: settings.ROOST_RETENTION_VERSIONS, days, deletedDays, unstartedMinutes });
  await queries.dropOldEvents(db, days);
  await queries.dropExpired(db);
  await queries.dropUnusedArchives(db, days);
  await queries.dropOldSessions(db, days);
  await queries.thinSamples(db, days);
}

/**
 * Timed work by pg-boss: each job runs once, however many servers share the
 * database. The deployments themselves are not its business.
 * @returns the function that stops it, after what is at work.
 */
export async function startMaintenance(
  connection: pg.ClientConfig | { connectionString: string },
  dependencies: MaintenanceDependencies,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const boss = new PgBoss({
    ...(connection as { connectionString: string }),
    max: 2,
    application_name: "roost jobs",
  });
  boss.on("error", onError);
  await boss.start();
  await boss.createQueue(queue);
  await boss.schedule(queue, "17 * * * *");
  await boss.work(queue, () => retain(dependencies));
  return () => boss.stop({ graceful: true, timeout: 5_000 });
}
