import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { sql } from "kysely";
import { findFaults } from "../../../automation-api/state-backend/integrity.ts";
import { expectSuccess, reasonWithoutEngine } from "../../support/engine.ts";
import { until } from "../http/test-server.ts";
import { type Fate, type FaultProxy, type Passing, startFaultProxy } from "./fault-proxy.ts";
import { type NoopProject, withNoopProject } from "./noop-project.ts";
import { Random } from "./random.ts";
import { type StateServer, startStateServer } from "./state-server.ts";

const suite = reasonWithoutEngine() ? describe.skip : describe;
jest.setTimeout(300_000);

let server: StateServer;
beforeAll(async () => {
  server = await startStateServer();
});
afterAll(() => server.close());

let stacks = 0;

/** A stack behind a proxy; the faults begin when `decide` is set. */
async function behindProxy(
  body: (
    project: NoopProject,
    faults: { decide: (passing: Passing) => Fate; proxy: FaultProxy },
  ) => Promise<void>,
): Promise<void> {
  const faults = { decide: (_passing: Passing): Fate => "pass", proxy: undefined as unknown as FaultProxy };
  faults.proxy = await startFaultProxy(server.url, (passing) => faults.decide(passing));
  try {
    const env = { PULUMI_BACKEND_URL: faults.proxy.url, PULUMI_ACCESS_TOKEN: server.adminToken };
    await withNoopProject({ env, stack: `faulty${++stacks}` }, (project) => body(project, faults));
  } finally {
    await faults.proxy.close();
  }
}

const up = (project: NoopProject) => project.pulumi(["up", "--yes", "--skip-preview"]);
const namesIn = async (project: NoopProject) =>
  (await project.exported()).deployment.resources?.map(({ urn }) => String(urn).split("::").at(-1)).sort();

async function newestUpdate() {
  const { db } = server.database;
  return db
    .selectFrom("stack_update as u")
    .innerJoin("stack as s", "s.id", "u.stack_id")
    .select(["u.id", "u.state", "u.faults"])
    .where("s.name", "=", `faulty${stacks}`)
    .where("u.version", "is not", null)
    .orderBy("u.version", "desc")
    .limit(1)
    .executeTakeFirstOrThrow();
}

/** The engine tells the person before it tells the server; only then it asks the provider. */
async function isSlowBegun(): Promise<boolean> {
  const { db } = server.database;
  const found = await sql`SELECT 1 FROM journal_entry WHERE entry LIKE '%::slow"%'`.execute(db);
  return found.rows.length > 0;
}

async function expireLease(): Promise<void> {
  await sql`
    UPDATE stack_update u SET lease_expires_at = now() - interval '1 ms' FROM stack s
    WHERE s.id = u.stack_id AND s.name = ${`faulty${stacks}`} AND u.state = 'running'`.execute(
    server.database.db,
  );
}

suite("the pulumi command on a bad connection", () => {
  const harmless: [string, (passing: Passing) => Fate][] = [
    [
      "the first journal reply is lost",
      ({ action, index }) => (action === "journalentries" && index === 0 ? "loseReply" : "pass"),
    ],
    [
      "journal requests are lost",
      ({ action, index }) => (action === "journalentries" && index % 7 === 1 ? "lose" : "pass"),
    ],
    [
      "the server is away for a moment",
      ({ action, index }) => (action === "journalentries" && (index === 2 || index === 3) ? 503 : "pass"),
    ],
    [
      "the reply to the completion is lost",
      ({ action, index }) => (action === "complete" && index === 0 ? "loseReply" : "pass"),
    ],
    [
      "event batches and their replies are lost",
      ({ action, index }) => (action === "batch" ? (index % 2 ? "lose" : "loseReply") : "pass"),
    ],
  ];
  it.each(harmless)("deploys all the same when %s", async (_name, decide) => {
    await behindProxy(async (project, faults) => {
      await project.declare([{ name: "a" }, { name: "b", dependsOn: ["a"] }]);
      faults.decide = decide;
      await expectSuccess(up(project));
      expect(await namesIn(project)).toEqual(["a", "b", "default", `example-faulty${stacks}`]);
      expect(await newestUpdate()).toMatchObject({ state: "succeeded", faults: [] });
    });
  });

  it("leaves a stack that works when entries that the command does not wait for are refused", async () => {
    await behindProxy(async (project, faults) => {
      await project.declare([{ name: "g", component: true }, { name: "a", parent: "g" }, { name: "b" }]);
      await expectSuccess(up(project));
      const before = faults.proxy.seen.length;
      let refused = 0;
      faults.decide = ({ action, body }) => {
        if (action !== "journalentries" || refused > 0) return "pass";
        const sequences = JSON.parse(body).entries.map(
          ({ sequenceID }: { sequenceID: number }) => sequenceID,
        );
        if (sequences.includes(1)) return "pass";
        refused++;
        return 400;
      };
      const run = await up(project);
      expect(faults.proxy.seen.length).toBeGreaterThan(before);
      expect(refused).toBe(1);
      faults.decide = () => "pass";
      const { state, faults: found } = await newestUpdate();
      expect(found.map(({ rule }: { rule: string }) => rule)).toContain("sequence-gap");
      expect({ state, code: run.code }).toMatchObject({ state: "failed" });
      expect(findFaults({ version: 3, ...(await project.exported()) } as never)).toEqual([]);
      expect((await expectSuccess(up(project))).output).toContain("4 unchanged");
    });
  });

  it.each([1, 2, 3])(
    "ends in a valid state under random faults, and the next update converges (seed %i)",
    async (seed) => {
      await behindProxy(async (project, faults) => {
        await project.declare(Array.from({ length: 8 }, (_, position) => ({ name: `r${position}` })));
        const random = new Random(seed);
        faults.decide = ({ action }) => {
          if (!["journalentries", "batch", "complete"].includes(action)) return "pass";
          const draw = random.next();
          return draw < 0.1
            ? "lose"
            : draw < 0.2
              ? "loseReply"
              : draw < 0.25
                ? 503
                : draw < 0.28
                  ? 400
                  : "pass";
        };
        await up(project);
        faults.decide = () => "pass";
        await expireLease();
        const { deployment } = await project.exported();
        expect(findFaults({ version: 3, deployment } as never)).toEqual([]);
        await expectSuccess(up(project));
        expect(await namesIn(project)).toEqual([
          "default",
          `example-faulty${stacks}`,
          ...Array.from({ length: 8 }, (_, position) => `r${position}`),
        ]);
      });
    },
  );
});

suite("a pulumi command that was killed", () => {
  it("leaves what it did and what it was doing; the next one goes on once the lease is over", async () => {
    await behindProxy(async (project) => {
      await project.declare([{ name: "a" }, { name: "slow", delayMilliseconds: 60_000, dependsOn: ["a"] }]);
      const killed = project.start(["up", "--yes", "--skip-preview"]);
      await killed.printed("slow creating");
      await until(isSlowBegun, "the create has begun");
      killGroup(killed.pid);
      await killed.done;
      const refused = await up(project);
      expect(refused.output).toContain("admin runs the update");
      await expireLease();
      const { deployment } = await project.exported();
      expect(deployment).toMatchObject({
        pending_operations: [{ type: "creating", resource: { type: "noop:index:Resource" } }],
      });
      await project.declare([{ name: "a" }, { name: "slow" }]);
      const next = await expectSuccess(up(project));
      expect(next.output).toContain("interrupted");
      await expectSuccess(project.pulumi(["refresh", "--yes", "--clear-pending-creates"]));
      expect((await project.exported()).deployment).not.toHaveProperty("pending_operations");
      expect(await namesIn(project)).toEqual(["a", "default", `example-faulty${stacks}`, "slow"]);
    });
  });
});

/** The command and what it started. */
function killGroup(pid: number): void {
  if (!(pid > 1)) throw new Error(`no process group: ${pid}`);
  process.kill(-pid, "SIGKILL");
}
