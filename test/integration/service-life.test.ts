import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Deployment } from "../../automation-api/deployments/contract.ts";
import { bootId, isAlive } from "../../plugins/process/index.ts";
import { readRecord, servicePaths, writeJson, writeStatus } from "../../plugins/roost/service/record.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { until } from "../support/processes.ts";
import { onlyStatus, serviceIds } from "../support/services.ts";

jest.setTimeout(120_000);
const suite = reasonToSkip("engine", "postgres") ? describe.skip : describe;

let cluster: Cluster;
let client: Client;
let url: string;

const page = (): Promise<string | undefined> =>
  fetch(url).then(
    (response) => response.text(),
    () => undefined,
  );
const answers = () => until("the page answers", async () => (await page())?.includes("Hello from Roost"), 30);
const paths = () => servicePaths(cluster.folder, serviceIds(cluster.folder)[0]!);
const restartServer = () => cluster.add("server");

async function run(operation: string): Promise<Deployment> {
  const { id } = await client.deploy({
    ...{ project: "hello", stack: "dev", operation, program: { builtin: "hello" } },
  });
  const ended = await client.ended(id);
  expect(ended).toMatchObject({ state: "succeeded", error: null });
  return ended;
}

/** As a crash of the machine does it: the guard first, or it would start another supervisor. */
async function killAll(): Promise<void> {
  const { guard, supervisor, service } = onlyStatus(cluster.folder);
  for (const each of [guard, supervisor, service]) process.kill(each!.pid, "SIGKILL");
  await until("all three are gone", () => ![guard, supervisor, service].some(isAlive));
}

suite("a service that a deployment has started", () => {
  beforeAll(async () => {
    cluster = await Cluster.open();
    await restartServer();
    client = new Client(() => cluster.url, await cluster.token());
    url = String((await run("update")).outputs.url);
  });

  afterAll(() => cluster?.close());

  it("is started again at its address when its process is killed", async () => {
    const { service } = onlyStatus(cluster.folder);
    process.kill(service!.pid, "SIGKILL");
    await until("another process runs", () => {
      const status = onlyStatus(cluster.folder);
      return status.state === "running" && status.service?.pid !== service!.pid;
    });
    expect(await page()).toContain("Hello from Roost");
  });

  it("is kept, as the same process, through kill -9 of its server and another start", async () => {
    const before = onlyStatus(cluster.folder);
    await cluster.kill(cluster.members[0]!);
    expect(await page()).toContain("Hello from Roost");
    await restartServer();
    expect(onlyStatus(cluster.folder)).toEqual(before);
    expect(isAlive(before.service)).toBe(true);
    expect((await run("preview")).changes).toEqual({ same: 3 });
  });

  it("comes back with the next start of the server after a reboot", async () => {
    await cluster.kill(cluster.members[0]!);
    await killAll();
    expect(await page()).toBeUndefined();
    // As a reboot leaves it: the same numbers, of which one is now another process's, under another boot.
    const other = { bootId: "11111111-2222-3333-4444-555555555555", pid: process.pid, startTime: "1" };
    const status = onlyStatus(cluster.folder);
    writeStatus(paths(), { ...status, supervisor: other, guard: other, service: other });
    writeJson(paths().record, { ...readRecord(paths())!, bootId: other.bootId });
    await restartServer();
    await answers();
    expect(readRecord(paths())?.bootId).toBe(bootId());
    expect((await run("preview")).changes).toEqual({ same: 3 });
  });

  it("is reported as drift by a refresh when it is down, and repaired by the next update", async () => {
    await killAll();
    const refresh = await run("refresh");
    expect(refresh.changes).toMatchObject({ update: 1 });
    const log = await client.fetch("GET", `/api/v1/deployments/${refresh.id}/log`);
    expect(await log.text()).toMatch(/roost:local:Service web-1 updated \[diff: ~state/);
    expect(await page()).toBeUndefined();
    const repair = await run("update");
    expect(repair.changes).toMatchObject({ update: 1 });
    expect(await page()).toContain("Hello from Roost");
    expect((await run("refresh")).changes).toEqual({ same: 3 });
  });

  it("is gone after a destroy, also with the next start", async () => {
    await run("destroy");
    expect(serviceIds(cluster.folder)).toEqual([]);
    await cluster.kill(cluster.members[0]!);
    await restartServer();
    expect([await page(), serviceIds(cluster.folder)]).toEqual([undefined, []]);
  });
});
