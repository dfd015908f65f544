import { readdirSync, readFileSync } from "node:fs";
import { chmod, cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { reasonToSkip } from "../../../../toolchain/suites/possible.mjs";
import { Client } from "../../../support/client.ts";
import { Cluster, type Member } from "../../../support/cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../../../support/database.ts";
import { repository } from "../../../support/engine.ts";
import { until } from "../../../support/processes.ts";
import { allProcesses, processesOfUsers } from "./runner-processes.ts";

const reason = reasonToSkip("root", "engine", "postgres");
const fixture = fileURLToPath(new URL("./fixtures/lingerer", import.meta.url));

interface Lingering {
  id: string;
  users: { runner: number; engine: number; program: number };
}

(reason ? describe.skip : describe)("kill -9 on a server that runs as root", () => {
  let database: TestDatabase;
  let cluster: Cluster;
  let worker: Member;
  let client: Client;
  let folder: string;
  let seconds = 40_000 + (process.pid % 10_000);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "lingerer-"));
    await chmod(folder, 0o755);
    await cp(fixture, folder, { recursive: true });
    await symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
    database = await testDatabase();
    cluster = await Cluster.open({
      DATABASE_URL: databaseUrl(database.connection),
      ROOST_PROGRAM_ROOTS: folder,
    });
    await cluster.add("server", { ROOST_WORKERS: "0" });
    worker = await cluster.add("worker");
    client = new Client(cluster.url, await cluster.token());
  }, 120_000);

  afterAll(async () => {
    await cluster?.close();
    await database?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  /** Deploys it and waits until all of its six processes wait for ever. */
  async function linger(): Promise<Lingering> {
    seconds += 1;
    const { id } = await client.deploy({
      project: "lingerer",
      stack: `s${seconds}`,
      program: { folder },
      config: { seconds: String(seconds) },
    });
    const sleeping = () => allProcesses().filter(({ command }) => command === `sleep ${seconds}`);
    const found = await until(
      "six processes sleep",
      async () => {
        const { state, error } = await client.find(id);
        if (state === "failed") throw new Error(`the deployment failed: ${error}`);
        return sleeping().length === 6 ? sleeping() : undefined;
      },
      90,
    );
    const program = found[0]!.user;
    expect(new Set(found.map(({ user }) => user))).toEqual(new Set([program]));
    const users = { program, engine: program - 1, runner: program - 2 };
    expect(processesOfUsers([users.engine]).length).toBeGreaterThanOrEqual(2);
    expect(processesOfUsers([users.runner])).toHaveLength(1);
    return { id, users };
  }

  /** The deployment goes on, as failed or once again; what runs again is cancelled, so that nothing lingers on. */
  async function settled({ id }: Lingering): Promise<void> {
    const found = await client.until(id, ({ state, attempt }) => state === "failed" || attempt > 1);
    if (found.state !== "failed") await client.call("POST", `/api/v1/deployments/${id}/cancel`);
    await client.ended(id);
  }

  function nothingLeft({ users }: Lingering, seconds = 10): Promise<unknown> {
    return until(
      `nothing runs as ${JSON.stringify(users)}`,
      () => processesOfUsers(Object.values(users)).length === 0,
      seconds,
    );
  }

  const victims: [string, (of: Lingering) => number[]][] = [
    ["runner", ({ users }) => processesOfUsers([users.runner]).map(({ pid }) => pid)],
    ["engine", ({ users }) => enginesOf(users.engine)],
    ["launcher", () => launchersOf(worker)],
  ];

  it.each(victims)(
    "of the %s leaves no process of what a user supplied, and the deployment ends",
    async (_who, find) => {
      const lingering = await linger();
      const pids = find(lingering);
      expect(pids).toHaveLength(1);
      process.kill(pids[0]!, "SIGKILL");
      await nothingLeft(lingering);
      await settled(lingering);
    },
    180_000,
  );

  it("of the worker leaves no process, before any other worker comes", async () => {
    const lingering = await linger();
    await cluster.kill(worker);
    await nothingLeft(lingering);
    worker = await cluster.add("worker");
    await settled(lingering);
    const homes = path.join(cluster.folder, "runners");
    // Of the dead worker nothing is left on the disk either; the living one has a warm runner and its own folder.
    expect(readdirSync(homes).filter((name) => !name.includes(`-${worker.process.pid}-`))).toEqual([]);
  }, 180_000);

  it("of worker and launcher at once leaves nothing that the next worker does not end", async () => {
    const lingering = await linger();
    const [launcher] = launchersOf(worker);
    process.kill(launcher!, "SIGKILL");
    await cluster.kill(worker);
    expect(processesOfUsers([lingering.users.program]).length).toBeGreaterThan(0);
    worker = await cluster.add("worker");
    await nothingLeft(lingering);
    await settled(lingering);
  }, 180_000);

  it("is not needed after a cancel: soon nothing is left", async () => {
    const lingering = await linger();
    const begun = performance.now();
    await client.call("POST", `/api/v1/deployments/${lingering.id}/cancel`);
    await nothingLeft(lingering);
    const took = performance.now() - begun;
    expect(await client.ended(lingering.id, 30_000)).toMatchObject({ state: "cancelled" });
    expect(took).toBeLessThan(6_000);
  }, 180_000);
});

function enginesOf(user: number): number[] {
  return allProcesses()
    .filter((each) => each.user === user && /\/pulumi (up|update)/.test(each.command))
    .map(({ pid }) => pid);
}

function launchersOf({ process: { pid } }: Member): number[] {
  return allProcesses()
    .filter(({ command, ...each }) => command.includes("launcher-main.ts") && parentOf(each.pid) === pid)
    .map((each) => each.pid);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
