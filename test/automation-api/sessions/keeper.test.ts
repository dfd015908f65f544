import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { newId } from "../../../automation-api/db/id.ts";
import type { Tx } from "../../../automation-api/db/transaction.ts";
import type { Deployment, NewDeployment } from "../../../automation-api/deployments/contract.ts";
import { readDemand } from "../../../automation-api/sessions/plan-queries.ts";
import { Planner } from "../../../automation-api/sessions/planner.ts";
import { Reconciler } from "../../../automation-api/sessions/reconciler.ts";
import type { SessionTarget, TargetSession } from "../../../plugins/roost/index.ts";
import { cipher, openSessionLab, type SessionLab } from "./session-lab.ts";

let lab: SessionLab;
beforeAll(async () => {
  lab = await openSessionLab();
});
afterAll(() => lab.close());

/** A target in memory: what it has is what a test says. */
function fakeTarget(place: string) {
  const has = new Map<string, TargetSession>();
  const target: SessionTarget = {
    place,
    start: async ({ id }) => void has.set(id, { id, state: "starting", address: null, port: null }),
    find: async (id) => has.get(id),
    list: async () => [...has.values()],
    stop: async (id) => void has.delete(id),
    lastLines: (id) => [`last words of ${id}`],
    logPath: () => undefined,
  };
  const ready = (id: string) => void has.set(id, { id, state: "ready", address: "127.3.3.3", port: 80 });
  return { has, target, ready };
}

/** Queues deployments as the service does, as far as the planner sees it, and ends them as a test says. */
class Stacks {
  readonly queued: { id: string; stack: string; input: NewDeployment }[] = [];

  async queue(tx: Tx, principal: { accountId: string; organizationId: string }, input: NewDeployment) {
    const id = newId("dep");
    const { rows } = await sql<{
      project: string;
    }>`SELECT id AS project FROM project WHERE name = ${input.project}`.execute(tx);
    const project = rows[0]?.project as string;
    const known = await sql<{ id: string }>`
      SELECT id FROM stack WHERE project_id = ${project} AND name = ${input.stack}`.execute(tx);
    const stack = known.rows[0]?.id ?? newId("stk");
    if (!known.rows[0])
      await tx.insertInto("stack").values({ id: stack, project_id: project, name: input.stack }).execute();
    await sql`
      INSERT INTO deployment (id, organization_id, project_id, stack_id, operation, state, program, requester_id, requester)
      VALUES (${id}, ${principal.organizationId}, ${project}, ${stack}, 'update', 'queued', '{}', ${principal.accountId}, 'x')`.execute(
      tx,
    );
    this.queued.push({ id, stack, input });
    return { id } as Deployment;
  }

  /** The newest update ends, with these of its sessions in the state. */
  async end(
    outcome: { holds?: string[]; faults?: Record<string, string>; error?: string } = {},
  ): Promise<void> {
    const { id, stack, input } = this.queued.at(-1) as (typeof this.queued)[number];
    const holds = outcome.holds ?? sessionsOf(input);
    const diagnostics = Object.entries(outcome.faults ?? {}).map(([name, message]) => ({
      severity: "error",
      message,
      urn: `urn:pulumi:s::p::roost:session:Session::${name}`,
    }));
    const isGood = outcome.error === undefined && diagnostics.length === 0;
    await sql`
      UPDATE deployment SET state = ${isGood ? "succeeded" : "failed"}, error = ${outcome.error ?? null},
        diagnostics = ${JSON.stringify(diagnostics)} WHERE id = ${id}`.execute(lab.database.db);
    await sql`DELETE FROM stack_resource WHERE stack_id = ${stack}`.execute(lab.database.db);
    for (const [position, name] of holds.entries()) {
      await sql`
        INSERT INTO stack_resource (stack_id, position, urn, type, name)
        VALUES (${stack}, ${position}, ${name}, 'roost:session:Session', ${name})`.execute(lab.database.db);
    }
  }
}

function sessionsOf({ config }: NewDeployment): string[] {
  return ((config?.sessions ?? []) as { id: string }[]).map(({ id }) => id);
}

const startsOf = ({ config }: NewDeployment) => config?.starts;

let stacks: Stacks;
let planner: Planner;
let here: ReturnType<typeof fakeTarget>;
let reconciler: Reconciler;
let leaks: number;
beforeEach(() => {
  stacks = new Stacks();
  const { system, database } = lab;
  planner = new Planner({ db: database.db, deployments: stacks, cipher, system });
  here = fakeTarget(`test ${Math.random()}`);
  leaks = 0;
  reconciler = new Reconciler({ db: database.db, system, onLeak: () => leaks++, onFault: () => {} });
});

const stateOf = async (id: string) => {
  const { rows } = await sql<{
    state: string;
    reason: string | null;
    error: string | null;
    evidence: string | null;
  }>`
    SELECT state, reason, error, evidence FROM session WHERE id = ${id}`.execute(lab.database.db);
  return rows[0];
};
/** Until nothing is left to decide, as the keeper does. */
const settle = async (template: { id: string }) => {
  while (await planner.plan(template.id)) {
    // Once more.
  }
};
const age = (id: string, column: string, interval: string) =>
  sql`UPDATE session SET ${sql.ref(column)} = now() - ${interval}::interval WHERE id = ${id}`.execute(
    lab.database.db,
  );
let count = 0;
const make = (fields: Record<string, unknown> = {}) => lab.template(`t${count++}`, fields);

describe("the planner", () => {
  it("counts who came together within the time of one start, and who just had to wait", async () => {
    const template = await make();
    const ids = await lab.fill(template, 6);
    const came = [3_600, 3_595, 3_591, 3_570, 3_569, 60];
    for (const [index, secondsAgo] of came.entries()) {
      await sql`
        UPDATE session SET state = 'active', owner = ${`user ${index}`}, missed = ${secondsAgo === 60},
          claimed_at = now() - ${secondsAgo} * interval '1 second',
          created_at = now() - interval '90 minutes 10 seconds', ready_at = now() - interval '90 minutes'
        WHERE id = ${ids[index]}`.execute(lab.database.db);
    }
    const demand = await lab.database.db.transaction().execute((tx) => readDemand(tx, template.id));
    expect(demand).toEqual({ claims: 6, busiest: 3, missed: 1, startSeconds: 10 });
  });

  it("queues one update for all that is asked for, and nothing while it runs; then one for all that came meanwhile", async () => {
    const template = await make({ secretEnvironment: { KEY: "canary" } });
    const first = [await lab.create("a", template.name), await lab.create("b", template.name)];
    await settle(template);
    expect(stacks.queued).toHaveLength(1);
    const { input } = stacks.queued[0] as (typeof stacks.queued)[number];
    expect(sessionsOf(input).sort()).toEqual(first.map(({ id }) => id).sort());
    expect(input).toMatchObject({
      options: { parallel: 100, continueOnError: true },
      program: { builtin: "session-shard" },
    });
    expect(JSON.stringify(input.config)).not.toContain("canary");
    expect(input.secrets).toEqual({ secretEnvironments: '{"1":{"KEY":"canary"}}' });
    expect(startsOf(input)).toEqual(sessionsOf(input));
    for (const { id } of first) expect(await stateOf(id)).toMatchObject({ state: "starting" });

    const later = [await lab.create("c", template.name), await lab.create("d", template.name)];
    await lab.sessions.end(lab.admin, first[0]?.id as string);
    await settle(template);
    expect(stacks.queued).toHaveLength(1);
    await stacks.end();
    await settle(template);
    expect(stacks.queued).toHaveLength(2);
    expect(sessionsOf(stacks.queued[1]?.input as NewDeployment).sort()).toEqual(
      [first[1], ...later].map((each) => each?.id).sort(),
    );
    expect(startsOf(stacks.queued[1]?.input as NewDeployment)).toEqual(later.map(({ id }) => id).sort());
    expect(await stateOf(first[0]?.id as string)).toMatchObject({ state: "stopping" });
    await stacks.end();
    await settle(template);
    expect(await stateOf(first[0]?.id as string)).toMatchObject({ state: "stopped", reason: "admin" });
    expect(stacks.queued).toHaveLength(2);
  });

  it("fills the pool, makes it anew for a new revision, and takes it away with the template", async () => {
    const template = await make({ pool: { floor: 3 } });
    await settle(template);
    await stacks.end();
    for (const id of sessionsOf(stacks.queued[0]?.input as NewDeployment)) here.ready(id);
    await reconciler.compare(here.target);
    expect((await lab.templates.find(lab.admin, template.id)).sessions).toMatchObject({ warm: 3 });
    // Kept as it was where they started, whatever this server would say by now of its own machine.
    const [one = ""] = sessionsOf(stacks.queued[0]?.input as NewDeployment);
    expect(await lab.sessions.find(lab.admin, one)).toMatchObject({ isolation: "network" });
    await lab.templates.change(lab.admin, template.id, {
      workload: { command: ["new"], port: 1, environment: {} },
    });
    await settle(template);
    const { input } = stacks.queued.at(-1) as (typeof stacks.queued)[number];
    expect(input.config).toMatchObject({ workloads: { 2: { command: ["new"] } } });
    expect(sessionsOf(input)).toHaveLength(3);
    await stacks.end();
    await lab.templates.remove(lab.admin, template.id);
    await settle(template);
    expect(sessionsOf(stacks.queued.at(-1)?.input as NewDeployment)).toEqual([]);
  });

  it("fails the one that could not be started, and starts the others", async () => {
    const template = await make();
    const [bad, good] = [await lab.create("a", template.name), await lab.create("b", template.name)];
    await settle(template);
    await stacks.end({ holds: [good.id], faults: { [bad.id]: "no such program" } });
    await settle(template);
    expect(await stateOf(bad.id)).toMatchObject({
      state: "failed",
      reason: "start",
      error: "no such program",
    });
    expect(await stateOf(good.id)).toMatchObject({ state: "starting" });
    expect(stacks.queued).toHaveLength(1);
  });

  it("tries a shard again whose update failed as a whole, later each time, and then gives its starts up", async () => {
    const template = await make();
    const { id } = await lab.create("a", template.name);
    await settle(template);
    const due = () =>
      sql`UPDATE session_shard SET retry_at = now() WHERE template_id = ${template.id}`.execute(
        lab.database.db,
      );
    for (const attempt of [1, 2]) {
      await stacks.end({ holds: [], error: "the engine died" });
      await settle(template);
      expect(stacks.queued).toHaveLength(attempt);
      await due();
      await settle(template);
      expect(stacks.queued).toHaveLength(attempt + 1);
    }
    await stacks.end({ holds: [], error: "the engine died" });
    await settle(template);
    expect(await stateOf(id)).toMatchObject({ state: "failed" });
  });

  it("never plans one template twice at a time", async () => {
    const template = await make({ pool: { floor: 4 } });
    await Promise.all(Array.from({ length: 5 }, () => planner.plan(template.id)));
    expect((await lab.templates.find(lab.admin, template.id)).sessions).toMatchObject({ starting: 4 });
  });

  it("never starts what its user ends at the same moment", async () => {
    for (let round = 0; round < 10; round++) {
      const template = await make();
      const { id } = await lab.create("a", template.name);
      await Promise.all([planner.plan(template.id), lab.sessions.end(lab.admin, id)]);
      const isLaunched = stacks.queued.some(({ input }) => sessionsOf(input).includes(id));
      expect({ isLaunched, state: (await stateOf(id))?.state }).toEqual({
        isLaunched,
        state: isLaunched ? "stopping" : "stopped",
      });
    }
  });

  it("lets the pool wait after failed starts", async () => {
    const template = await make({ pool: { floor: 1 } });
    await settle(template);
    const [id] = sessionsOf(stacks.queued[0]?.input as NewDeployment) as [string];
    await stacks.end({ holds: [], faults: { [id]: "no room" } });
    await settle(template);
    expect(await stateOf(id)).toMatchObject({ state: "failed" });
    expect(stacks.queued).toHaveLength(1);
    await sql`UPDATE template SET retry_at = now() WHERE id = ${template.id}`.execute(lab.database.db);
    await settle(template);
    expect(stacks.queued).toHaveLength(2);
  });
});

describe("the reconciler", () => {
  const started = async (user?: string) => {
    const template = await make({ pool: { floor: user ? 0 : 1 } });
    const asked = user && (await lab.create(user, template.name));
    await settle(template);
    await stacks.end();
    const [id] = sessionsOf(stacks.queued.at(-1)?.input as NewDeployment) as [string];
    if (asked) expect(asked.id).toBe(id);
    here.ready(id);
    await reconciler.compare(here.target);
    return { template, id };
  };

  it("gives what is ready to the user who waits, whose time begins then, or to the pool", async () => {
    const { id } = await started("ann");
    expect(await lab.sessions.find(lab.admin, id)).toMatchObject({
      state: "active",
      address: { ip: "127.3.3.3", port: 80 },
    });
    const pooled = await started();
    expect(await lab.sessions.find(lab.admin, pooled.id)).toMatchObject({ state: "warm", expiresAt: null });
  });

  it("fails what ended or vanished under its user, with its last words", async () => {
    const [ended, gone] = [await started("ann"), await started("ben")];
    here.has.set(ended.id, { id: ended.id, state: "ended", address: null, port: null, reason: "code 7" });
    here.has.delete(gone.id);
    await reconciler.compare(here.target);
    expect(await stateOf(ended.id)).toEqual({
      state: "failed",
      reason: "exited",
      error: "code 7",
      evidence: `last words of ${ended.id}`,
    });
    expect(await stateOf(gone.id)).toMatchObject({ state: "failed", reason: "gone" });
    // Nothing of it stays: the next update is without it.
    await settle(ended.template);
    expect(sessionsOf(stacks.queued.at(-1)?.input as NewDeployment)).toEqual([]);
  });

  it("fails what was started and came and went before anybody saw it", async () => {
    const template = await make({ pool: { floor: 0 } });
    const { id } = await lab.create("ann", template.name);
    await settle(template);
    await stacks.end();
    const { db } = lab.database;
    const batch = newId("bat");
    const { place } = here.target;
    await db.insertInto("session_batch").values({ id: batch, template_id: template.id, place }).execute();
    await sql`UPDATE session SET batch_id = ${batch} WHERE id = ${id}`.execute(db);
    const ended = (ago: string) =>
      sql`UPDATE deployment SET ended_at = now() - ${ago}::interval WHERE id = ${stacks.queued.at(-1)?.id}`.execute(
        db,
      );
    await ended("1 second");
    await reconciler.compare(here.target);
    expect(await stateOf(id)).toMatchObject({ state: "starting" });
    await ended("2 minutes");
    await reconciler.compare(fakeTarget("elsewhere").target);
    expect(await stateOf(id)).toMatchObject({ state: "starting" });
    await reconciler.compare(here.target);
    expect(await stateOf(id)).toMatchObject({ state: "failed", reason: "gone" });
  });

  it("stops what no ledger knows, and leaves another place alone", async () => {
    const { id } = await started("ann");
    const elsewhere = fakeTarget("elsewhere");
    here.ready("ses_unknown");
    await reconciler.compare(elsewhere.target);
    await reconciler.compare(here.target);
    expect([...here.has.keys()]).toEqual([id]);
    expect(leaks).toBe(1);
    expect(await stateOf(id)).toMatchObject({ state: "active" });
  });

  it("ends whose time is over and who was idle too long, by the database's clock, and nobody else", async () => {
    const [expired, idle, used, pooled] = [
      await started("a"),
      await started("b"),
      await started("c"),
      await started(),
    ];
    await age(expired.id, "expires_at", "1 second");
    await age(idle.id, "last_activity_at", "2 hours");
    await age(used.id, "last_activity_at", "1 minute");
    expect(await reconciler.expire()).toBe(false);
    expect(await stateOf(expired.id)).toMatchObject({ state: "stopping", reason: "expired" });
    expect(await stateOf(idle.id)).toMatchObject({ state: "stopping", reason: "idle" });
    expect(await stateOf(used.id)).toMatchObject({ state: "active" });
    expect(await stateOf(pooled.id)).toMatchObject({ state: "warm" });
    await expect(lab.sessions.extend(lab.admin, expired.id, {})).rejects.toMatchObject({ code: "conflict" });
  });

  it("extends from now, as long as the template allows", async () => {
    const { id } = await started("ann");
    await age(id, "expires_at", "-1 minute");
    const { expiresAt } = await lab.sessions.extend(lab.admin, id, { seconds: 3_600 });
    expect(Date.parse(expiresAt ?? "") - Date.now()).toBeGreaterThan(3_000_000);
    await expect(lab.sessions.extend(lab.admin, id, { seconds: 100_000 })).rejects.toMatchObject({
      code: "invalid",
    });
  });

  it("drains a thousand that expire together by and by", async () => {
    const template = await make();
    await lab.fill(template, 250);
    await sql`
      UPDATE session SET state = 'active', owner = id, expires_at = now() WHERE template_id = ${template.id}`.execute(
      lab.database.db,
    );
    expect(await reconciler.expire()).toBe(true);
    expect((await lab.templates.find(lab.admin, template.id)).sessions).toMatchObject({
      active: 150,
      stopping: 100,
    });
    while (await reconciler.expire()) {
      // Until none is left.
    }
    expect((await lab.templates.find(lab.admin, template.id)).sessions).toMatchObject({
      active: 0,
      stopping: 250,
    });
  });
});
