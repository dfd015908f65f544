import { sql } from "kysely";
import type { Db } from "../../../automation-api/db/transaction.ts";
import { openSessionTargets } from "../../../plugins/roost/index.ts";
import { readProc } from "../chaos.ts";
import type { EcsStandIn } from "../ecs-stand-in/stand-in.ts";
import { processIds } from "../invariants.ts";

/** Where sessions of the ledger may be. */
export interface Places {
  database: Db;
  /** Data folder of the server. */
  folder: string;
  ecs: EcsStandIn;
}

/** Ledger, targets, states of stacks and processes as sets: how they differ. None is what is wanted. */
export async function differences({ database, folder, ecs }: Places): Promise<string[]> {
  const { rows } = await sql<{ id: string; state: string; target: "process" | "ecs" }>`
    SELECT s.id, s.state, t.target FROM session s JOIN template t ON t.id = s.template_id
    WHERE s.state NOT IN ('stopped', 'failed')`.execute(database);
  const unsettled = rows.filter(({ state }) => state !== "warm" && state !== "active");
  const { process: onProcess = [], ecs: onEcs = [] } = Object.groupBy(rows, ({ target }) => target);
  const held = await sql<{ name: string }>`
    SELECT name FROM stack_resource WHERE type = 'roost:session:Session'`.execute(database);
  const open = await sql`SELECT id FROM deployment WHERE state IN ('queued', 'running')`.execute(database);
  const listed = (await openSessionTargets(folder).process?.list()) ?? [];
  const tasks = ecs.running().map(({ arn, tags }) => tags.get("roost:session") ?? arn);
  const found = [
    ...unsettled.map(({ id, state }) => `${id} is ${state}`),
    ...open.rows.map(() => "a deployment is not over"),
    ...differ("stacks", rows, names(held.rows)),
    ...differ("the folder", onProcess, ids(listed)),
    ...differ("tasks", onEcs, tasks),
  ];
  // All processes of the machine are looked at: only when nothing else is to be waited for.
  return found.length > 0 ? found : differ("processes", onProcess, runningSessions(folder));
}

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
const names = (rows: { name: string }[]) => rows.map(({ name }) => name);

function differ(what: string, ledger: { id: string }[], there: string[]): string[] {
  const [wanted, found] = [new Set(ids(ledger)), new Set(there)];
  const twice = there.filter((id, at) => what !== "processes" && there.indexOf(id) !== at);
  return [
    ...[...wanted].filter((id) => !found.has(id)).map((id) => `${what}: ${id} is missing`),
    ...[...found].filter((id) => !wanted.has(id)).map((id) => `${what}: ${id} is left over`),
    ...twice.map((id) => `${what}: ${id} is there twice`),
  ];
}

/** Sessions of this folder that have a process, by what each is started with. */
function runningSessions(folder: string): string[] {
  const found = processIds().flatMap((pid) => {
    const environment = readProc(pid, "environ").split("\0");
    const id = environment.find((each) => each.startsWith("SESSION_ID="))?.slice("SESSION_ID=".length);
    const isOurs = environment.some((each) => each.startsWith("HOME=") && each.includes(folder));
    return id !== undefined && isOurs ? [id] : [];
  });
  return [...new Set(found)];
}
