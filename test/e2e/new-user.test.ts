import { existsSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Deployment } from "../../automation-api/deployments/contract.ts";
import type { Stack } from "../../automation-api/projects/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { Client, type StreamedEvent } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { follow, take } from "../support/follow.ts";
import { allProcesses, processesAbout } from "../support/machine.ts";
import { until } from "../support/processes.ts";
import { packProgram } from "../support/programs.ts";
import { serviceIds } from "../support/services.ts";

jest.setTimeout(120_000);
const suite = reasonToSkip("engine", "postgres") ? describe.skip : describe;

/** What is promised of a cancel, where the machine has a processor to spare. */
const cancelMs = 2_000;

let cluster: Cluster;
let client: Client;
let token: string;

const hello = (input: Record<string, unknown> = {}): Promise<Deployment> =>
  client.deploy({ project: "hello", stack: "dev", ...input });
const helloStack = (): Promise<Stack> => client.call<Stack>("GET", "/api/v1/stacks/hello/dev");
const page = async (url: string): Promise<string> => (await fetch(url)).text();
const numbers = (events: StreamedEvent[]): number[] => events.map(({ id }) => id);
const log = async (id: string): Promise<string> =>
  (await client.fetch("GET", `/api/v1/deployments/${id}/log`)).text();

function watch(id: string, lastEventId?: number): AsyncGenerator<StreamedEvent> {
  return follow({ url: cluster.url, token, path: `/api/v1/deployments/${id}/events`, lastEventId });
}

async function upload(code: string): Promise<string> {
  const response = await fetch(`${cluster.url}/api/v1/programs`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/gzip" },
    body: new Uint8Array(packProgram(code)),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

suite("a new user, with nothing but HTTP", () => {
  beforeAll(async () => {
    cluster = await Cluster.open();
    await cluster.add("server");
    token = await cluster.token();
    client = new Client(() => cluster.url, token);
  });

  afterAll(async () => {
    await cluster?.close();
  });

  it("deploys hello, and its page answers", async () => {
    const response = await client.fetch("POST", "/api/v1/deployments", {
      ...{ project: "hello", stack: "dev", operation: "update", program: { builtin: "hello" } },
    });
    const queued = (await response.json()) as Deployment;
    expect([response.status, response.headers.get("location")]).toEqual([
      202,
      `/api/v1/deployments/${queued.id}`,
    ]);
    expect(queued).toMatchObject({ state: "queued", position: 0, waitingFor: null });
    const ended = await client.ended(queued.id);
    expect(ended).toMatchObject({ state: "succeeded", error: null, version: 1, changes: { create: 3 } });
    expect(await page(String(ended.outputs.url))).toContain("<h1>Hello from Roost</h1>");
  });

  it("changes the message and watches: every event once, through a broken connection and a killed server", async () => {
    const { url } = (await helloStack()).outputs;
    const { id } = await hello({ config: { message: "Good evening" }, message: "it is late" });
    const first = await take(watch(id), 5);
    expect(["queued", "running"]).toContain((await client.find(id)).state);
    const whole = [...first, ...(await take(watch(id, 5), Infinity))];
    expect(numbers(whole)).toEqual(whole.map((_, index) => index + 1));
    const states = whole
      .filter(({ kind }) => kind === "state")
      .map(({ data }) => (data.data as { state: string }).state);
    expect(states).toEqual(["queued", "running", "succeeded"]);
    expect(await page(String(url))).toContain("<h1>Good evening</h1>");

    await cluster.kill(cluster.members[0]!);
    await cluster.add("server");
    expect(await take(watch(id, 7), Infinity)).toEqual(whole.slice(7));
    expect(await page(String(url))).toContain("<h1>Good evening</h1>");
  });

  it("sees in a preview which property would change, and nothing changes", async () => {
    const before = await helloStack();
    const { id } = await hello({ operation: "preview", config: { message: "Good night" } });
    const ended = await client.ended(id);
    expect(ended).toMatchObject({ state: "succeeded", version: null, changes: { update: 2, same: 1 } });
    const steps = (await client.events(id)).flatMap(({ data }) => {
      const event = data.data as {
        resourcePreEvent?: { metadata: { op: string; type: string; detailedDiff: object } };
      };
      return event.resourcePreEvent ? [event.resourcePreEvent.metadata] : [];
    });
    const service = steps.find(({ type }) => type === "roost:local:Service");
    expect(service).toMatchObject({ op: "update" });
    expect(Object.keys(service!.detailedDiff)).toContain("environment.MESSAGE");
    expect(await log(id)).toMatch(/roost:local:Service web-1 update \[diff: [^\]]*~environment\.MESSAGE/);
    const after = await helloStack();
    expect([after.version, after.config, after.outputs]).toEqual([
      before.version,
      before.config,
      before.outputs,
    ]);
    expect(await page(String(after.outputs.url))).toContain("<h1>Good evening</h1>");
  });

  it("is told what a failing program says, with the lines of its stack trace", async () => {
    const archive = await upload(`
      import * as pulumi from "@pulumi/pulumi";
      function readTopology(name: string): string {
        throw new Error(\`no topology is called \${name} in \${pulumi.getStack()}\`);
      }
      export const topology = readTopology("north");
    `);
    const { id } = await client.deploy({ project: "failing", stack: "dev", program: { archive } });
    const ended = await client.ended(id);
    expect(ended).toMatchObject({ state: "failed", outputs: {} });
    for (const text of [ended.error, JSON.stringify(ended.diagnostics), await log(id)]) {
      expect(text).toContain("no topology is called north in dev");
      expect(text).toMatch(/at readTopology \S*index\.ts:4:/);
    }
    expect(ended.error).not.toContain("automation-api");
  });

  it("cancels during a long command within two seconds, and no process is left", async () => {
    const sleep = `sleep 61.${process.pid}`;
    const archive = await upload(`
      import { local } from "@pulumi/command";
      new local.Command("long", { create: "${sleep} & ${sleep}" });
    `);
    const { id } = await client.deploy({ project: "long", stack: "dev", program: { archive } });
    const sleeping = await until(
      "the command runs",
      () => allProcesses().find(({ command }) => command === sleep),
      60,
    );
    const room = /^.*\/runners\/[^/]+/.exec(sleeping.workingDirectory)?.[0];
    expect(processesAbout(room!).length).toBeGreaterThan(3);
    const began = performance.now();
    await client.call("POST", `/api/v1/deployments/${id}/cancel`);
    const ended = await client.ended(id);
    const isLeft = (): boolean =>
      processesAbout(room!).length > 0 || processesAbout(sleep).length > 0 || existsSync(room!);
    await until("nothing is left", () => !isLeft());
    const tookMs = performance.now() - began;
    expect(ended).toMatchObject({ state: "cancelled", cancelRequested: { by: "admin" } });
    expect(tookMs).toBeLessThan(cancelMs * Math.max(1, loadavg()[0]! / availableParallelism()));
    // The stack is free, and what the engine left open does not keep it from being taken away.
    const destroyed = await client.deploy({ project: "long", stack: "dev", operation: "destroy" });
    expect(await client.ended(destroyed.id)).toMatchObject({ state: "succeeded" });
  });

  it("destroys, and nothing is left: no process, no record, no resource, no output", async () => {
    const { outputs } = await helloStack();
    const { id } = await hello({ operation: "destroy" });
    expect(await client.ended(id)).toMatchObject({ state: "succeeded", changes: { delete: 3 } });
    await expect(page(String(outputs.url))).rejects.toThrow("fetch failed");
    expect(serviceIds(cluster.folder)).toEqual([]);
    expect(processesAbout(`${cluster.folder}/services`)).toEqual([]);
    expect(await helloStack()).toMatchObject({
      resources: 0,
      resourceList: [],
      outputs: {},
      running: null,
      queued: 0,
    });
    expect(await client.call("GET", "/api/v1/resources?project=hello")).toMatchObject({ items: [] });
    await client.call("DELETE", "/api/v1/stacks/hello/dev");
    expect((await client.fetch("GET", "/api/v1/stacks/hello/dev")).status).toBe(404);
  });
});
