import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { newId } from "../../../automation-api/db/id.ts";
import type { Tx } from "../../../automation-api/db/transaction.ts";
import type { Deployment, NewDeployment } from "../../../automation-api/deployments/contract.ts";
import { groupStarts } from "../../../automation-api/sessions/batches.ts";
import { newSession } from "../../../automation-api/sessions/contract.ts";
import { Planner } from "../../../automation-api/sessions/planner.ts";
import { Launches, Sessions } from "../../../automation-api/sessions/service.ts";
import { cipher, openSessionLab, type SessionLab } from "./session-lab.ts";

let lab: SessionLab;
beforeAll(async () => {
  lab = await openSessionLab();
});
afterAll(() => lab.close());

const cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/sessions";
const ecs = {
  containerName: "main",
  runTask: {
    cluster,
    taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:task-definition/workspace:1",
    capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }],
    networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"], securityGroups: ["sg-1"] } },
  },
};
let count = 0;
const never = new AbortController().signal;
/** So slow that what a test takes is no part of it. */
const slow = (burst: number) => ({ place: `ecs test-${count++}`, burst, perSecond: 0.01 });
const template = (fields: Record<string, unknown> = {}) =>
  lab.template(`launch-${count++}`, { target: "ecs", workload: { ecs }, ...fields });

async function ledgerBatch(place: string, templateId: string, size: number) {
  const id = newId("bat");
  await lab.database.db.insertInto("session_batch").values({ id, template_id: templateId, place }).execute();
  return { id, sessions: Array.from({ length: size }, () => newId("ses")) };
}

describe("the launches of an account", () => {
  it("are given to replicas together so often as there are, and no more", async () => {
    const limit = slow(15);
    const { id: templateId } = await template();
    const replicas = [new Launches(lab.database.db, limit), new Launches(lab.database.db, limit)];
    const asked = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, at) => {
        const batch = await ledgerBatch(limit.place, templateId, 1);
        await replicas[at % 2]?.take(batch, never);
      }),
    );
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(15);
    for (const each of asked) {
      if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "unavailable" });
    }
  });

  it("come at their rate, in turn", async () => {
    const limit = { place: `ecs test-${count++}`, burst: 30, perSecond: 20 };
    const { id: templateId } = await template();
    const launches = new Launches(lab.database.db, limit);
    const batches = [];
    for (let at = 0; at < 4; at++) batches.push(await ledgerBatch(limit.place, templateId, 10));
    await Promise.all(batches.map((batch) => launches.take(batch, never)));
    const { rows } = await sql<{ at: number }>`
      SELECT extract(epoch FROM launched_at)::float8 AS at FROM session_batch WHERE place = ${limit.place} ORDER BY 1`.execute(
      lab.database.db,
    );
    // Half a second's worth is left unused: 20 at once, then ten each half second.
    const [first, , third, fourth] = rows.map(({ at }) => at) as [number, number, number, number];
    expect(third - first).toBeGreaterThan(0.45);
    expect(fourth - third).toBeGreaterThan(0.45);
  });

  it("are not waited for by who is told to stop", async () => {
    const limit = { place: `ecs test-${count++}`, burst: 1, perSecond: 0.5 };
    const { id: templateId } = await template();
    const launches = new Launches(lab.database.db, limit);
    await launches.take(await ledgerBatch(limit.place, templateId, 1), never);
    const batch = await ledgerBatch(limit.place, templateId, 1);
    await expect(launches.take(batch, AbortSignal.timeout(1))).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("starts on ECS", () => {
  const queued: NewDeployment[] = [];
  const deployments = {
    /** As the service does, as far as the planner sees it. */
    async queue(tx: Tx, principal: { accountId: string; organizationId: string }, input: NewDeployment) {
      const project = await tx
        .selectFrom("project")
        .select("id")
        .where("name", "=", input.project)
        .executeTakeFirstOrThrow();
      const [id, stack] = [newId("dep"), newId("stk")];
      await tx.insertInto("stack").values({ id: stack, project_id: project.id, name: input.stack }).execute();
      await sql`
        INSERT INTO deployment (id, organization_id, project_id, stack_id, operation, state, program, requester_id, requester)
        VALUES (${id}, ${principal.organizationId}, ${project.id}, ${stack}, 'update', 'queued', '{}', ${principal.accountId}, 'x')`.execute(
        tx,
      );
      queued.push(input);
      return { id } as Deployment;
    },
  };
  const plan = async (launches: Launches | undefined, id: string) => {
    const { system, database } = lab;
    queued.splice(0);
    const planner = new Planner({
      db: database.db,
      deployments,
      cipher,
      system,
      launches: { ecs: launches },
    });
    await planner.plan(id);
    return (queued[0]?.config ?? {}) as {
      sessions?: { id: string; batch: string }[];
      batches?: Record<string, string[]>;
    };
  };

  it("are written as batches of ten before anything is started, and never more than can be launched", async () => {
    const { id, name } = await template({ quotas: { perUser: 100 } });
    for (let at = 0; at < 30; at++) await lab.create(`user-${at}`, name);
    const launches = new Launches(lab.database.db, slow(23));
    const { sessions = [], batches = {} } = await plan(launches, id);
    expect(sessions).toHaveLength(23);
    expect(Object.values(batches).map((members) => members.length)).toEqual([10, 10, 3]);
    for (const each of sessions) expect(batches[each.batch]).toContain(each.id);
    // Another template of the place gets nothing until some are launched.
    const other = await template();
    await lab.create("ann", other.name);
    expect(await plan(launches, other.id)).toEqual({});
    // What is launched stays taken.
    for (const [batch, members] of Object.entries(batches))
      await launches.take({ id: batch, sessions: members }, never);
    expect(await plan(launches, other.id)).toEqual({});
  });

  it("are not planned by a server that does not reach the cluster", async () => {
    const { id, name } = await template();
    const made = await lab.create("ann", name);
    expect(await plan(undefined, id)).toEqual({});
    expect(await lab.sessions.find(lab.admin, made.id)).toMatchObject({ state: "requested" });
  });

  it("tell who waits a place and a time by the launches that are left", async () => {
    const limit = slow(10);
    const launches = new Launches(lab.database.db, limit);
    const view = { proxyUrl: "http://*.localhost:8001", isolates: () => true, launchLimit: () => limit };
    const sessions = new Sessions({ db: lab.database.db, cipher, view });
    const { name, id } = await template();
    const taken = await ledgerBatch(limit.place, id, 8);
    await launches.take(taken, never);
    const ask = async (user: string) => {
      const { id: made } = await sessions.create(lab.admin, newSession.parse({ template: name, user }));
      return (await sessions.find(lab.admin, made)).waiting;
    };
    // Others of this file wait at the target too, and are before: each needs a hundred seconds of this place.
    const first = await ask("ann");
    const second = await ask("ben");
    expect([first?.position, second?.position]).toEqual([1, 2]);
    expect((second?.estimateSeconds ?? 0) - (first?.estimateSeconds ?? 0)).toBe(100);
  });
});

describe("templates for ECS", () => {
  it.each([
    ["without its settings", { workload: {} }, "workload.ecs"],
    [
      "with an image of its own",
      { workload: { ecs, image: `registry.example.com/a@sha256:${"a".repeat(64)}` } },
      "workload.image",
    ],
    [
      "with secrets that all could see",
      { workload: { ecs }, secretEnvironment: { KEY: "x" } },
      "secretEnvironment",
    ],
    [
      "with more than a call takes",
      { workload: { ecs, environment: { A: "x".repeat(9_000) } } },
      "workload.environment",
    ],
  ])("are refused %s", async (_, fields, field) => {
    const made = template(fields);
    await expect(made).rejects.toMatchObject({ faults: [expect.objectContaining({ field })] });
  });

  it("are refused with what is not a template's to say", async () => {
    const bad = {
      ...ecs,
      runTask: { ...ecs.runTask, overrides: { taskRoleArn: "arn:aws:iam::1:role/admin" } },
    };
    expect(() => template({ workload: { ecs: bad } })).toThrow(/overrides/);
  });
});

it("groups starts by revision, ten in a call, in their order", () => {
  const starts = Array.from({ length: 23 }, (_, at) => ({ id: `s${at}`, revision: at === 5 ? 1 : 2 }));
  const groups = groupStarts(starts);
  expect(groups.map((each) => each.length)).toEqual([10, 10, 2, 1]);
  expect(groups[0]?.slice(4, 6)).toEqual(["s4", "s6"]);
  expect(groups[3]).toEqual(["s5"]);
});
