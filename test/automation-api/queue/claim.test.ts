import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { newEngineToken } from "../../../automation-api/engine/gate.ts";
import { bootId } from "../../../plugins/process/index.ts";
import { until } from "../../support/processes.ts";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";

let server: DeploymentServer;
let workerId: string;
beforeAll(async () => {
  server = await startDeploymentServer();
  ({ id: workerId } = await server.queue.register({ machineId: "here", pid: process.pid, slots: 1 }));
});
afterAll(() => server.close());

const runner = {
  slot: 1,
  /** Of each claim its own. */
  get token() {
    return newEngineToken();
  },
  identity: { pid: process.pid, bootId: bootId(), startTime: "1" },
};
const claim = () => server.queue.claim(workerId, runner);

/** A person's update of the stack, named and not yet started. */
async function nameUpdate(stack: string): Promise<{ id: string; stackId: string }> {
  const { rows } = await sql<{ id: string; stackId: string }>`
    INSERT INTO stack_update (id, stack_id, kind, dry_run, state, requester_id, requester)
    SELECT ${`update-${stack}`}, s.id, 'update', false, 'created', a.id, 'someone'
    FROM stack s, (SELECT id FROM account LIMIT 1) a WHERE s.name = ${stack}
    RETURNING id, stack_id AS "stackId"`.execute(server.database.db);
  return rows[0]!;
}

describe("a claim", () => {
  it("gives a runner in which another deployment has run nothing that brings code of a user's", async () => {
    const { db } = server.database;
    const used = () => server.queue.claim(workerId, { ...runner, token: newEngineToken(), isUsed: true });
    const { id } = (await server.deploy({ stack: "brought" })).body as { id: string };
    const setProgram = (program: object) =>
      sql`UPDATE deployment SET program = ${JSON.stringify(program)} WHERE id = ${id}`.execute(db);
    await setProgram({ archive: "prg_of_a_user" });
    expect(await used()).toBeUndefined();
    const packs = JSON.stringify({ level: "mandatory", packs: [{ name: "house" }] });
    await setProgram({ builtin: "hello" });
    await sql`UPDATE project SET policies = ${packs}`.execute(db);
    expect(await used()).toBeUndefined();
    await sql`UPDATE project SET policies = NULL`.execute(db);
    expect(await used()).toMatchObject({ deploymentId: id });
  });

  it("leaves a deployment alone whose stack a person's update takes while the queue is read", async () => {
    const { db } = server.database;
    expect((await server.deploy({ stack: "contested" })).status).toBe(202);
    const update = await nameUpdate("contested");
    const start = await db.startTransaction().execute();
    await sql`SELECT id FROM stack WHERE id = ${update.stackId} FOR UPDATE`.execute(start);
    const claimed = claim();
    await until("the claim waits for the stack", async () => {
      const { rows } = await sql`
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(db);
      return rows.length > 0;
    });
    await sql`
      UPDATE stack_update SET state = 'running', lease_expires_at = now() + interval '1 minute'
      WHERE id = ${update.id}`.execute(start);
    await sql`UPDATE stack SET active_update_id = ${update.id} WHERE id = ${update.stackId}`.execute(start);
    await start.commit().execute();
    expect(await claimed).toBeUndefined();

    await sql`UPDATE stack_update SET state = 'succeeded' WHERE id = ${update.id}`.execute(db);
    expect(await claim()).toMatchObject({ stack: "contested", attempt: 1 });
    expect(await claim()).toBeUndefined();
  });

  it("is refused to a worker that another has taken for dead, and made by the other", async () => {
    expect((await server.deploy({ stack: "inherited" })).status).toBe(202);
    const heir = await server.queue.register({ machineId: "there", pid: process.pid, slots: 1 });
    const sleeper = await server.queue.register({ machineId: "here", pid: process.pid, slots: 1 });
    const held = await server.queue.claim(sleeper.id, runner);
    expect(held).toMatchObject({ stack: "inherited", attempt: 1 });
    const taken = await server.queue.inherit({ from: sleeper.id, to: heir.id, machineId: "there" });
    expect(taken).toMatchObject([{ deploymentId: held?.deploymentId, epoch: (held?.epoch ?? 0) + 1 }]);
    expect(await server.queue.settle(taken[0]!)).toBe("requeued");

    expect(await server.queue.claim(sleeper.id, runner)).toBeUndefined();
    expect(await server.queue.claim(heir.id, runner)).toMatchObject({ stack: "inherited", attempt: 2 });
  });

  it("whose answer was lost is found by the worker that it names", async () => {
    expect((await server.deploy({ stack: "forgotten" })).status).toBe(202);
    const worker = await server.queue.register({ machineId: "here", pid: process.pid, slots: 1 });
    const held = await server.queue.claim(worker.id, runner);
    const id = held?.deploymentId as string;
    expect(await server.queue.takeForgotten(worker.id, "here", [id])).toEqual([]);
    const forgotten = await server.queue.takeForgotten(worker.id, "here", []);
    expect(forgotten).toMatchObject([{ deploymentId: id, epoch: (held?.epoch ?? 0) + 1 }]);
    expect(await server.queue.settle(forgotten[0]!)).toBe("requeued");
    expect(await server.queue.claim(worker.id, runner)).toMatchObject({ deploymentId: id, attempt: 2 });
  });
});
