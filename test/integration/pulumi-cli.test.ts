import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Stack } from "../../automation-api/projects/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { withNoopProject } from "../automation-api/state-backend/noop-project.ts";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../support/database.ts";
import { expectSuccess, type Project, withProject } from "../support/engine.ts";
import { follow, take } from "../support/follow.ts";
import { until } from "../support/processes.ts";

jest.setTimeout(180_000);
const suite = reasonToSkip("engine", "postgres") ? describe.skip : describe;

let database: TestDatabase;
let cluster: Cluster;
let client: Client;
let token: string;

/** A program that goes on when a file `go` lies beside it: so a test says how long an update takes. */
const waiting = `
const { existsSync } = require("node:fs");
module.exports = async () => {
  while (!existsSync(__dirname + "/go")) await new Promise((resolve) => setTimeout(resolve, 20));
  return { went: "on" };
};
`;
const upNow = ["up", "--yes", "--skip-preview"];

const env = (own = token) => ({ PULUMI_BACKEND_URL: cluster.url, PULUMI_ACCESS_TOKEN: own });
const stackOf = (project: string, stack: string): Promise<Stack> =>
  client.call<Stack>("GET", `/api/v1/stacks/${project}/${stack}`);
const runningUpdate = (stack: string): Promise<string> =>
  until("the update runs", async () => (await stackOf("example", stack)).running?.update, 60);
const watch = (update: string) =>
  follow({ url: cluster.url, token, path: `/api/v1/updates/${update}/events` });
const letGo = ({ folder }: Project): Promise<void> => writeFile(path.join(folder, "go"), "");

function withWaitingProject<T>(
  stack: string,
  own: string,
  body: (project: Project) => Promise<T>,
): Promise<T> {
  return withProject({ files: { "package.json": "{}", "index.js": waiting }, stack, env: env(own) }, body);
}

/** Another account of this organization, and a token of it. */
async function addPerson(name: string): Promise<string> {
  const roles = [{ role: "admin" }];
  const account = await client.call<{ id: string }>("POST", "/api/v1/accounts", {
    name,
    kind: "person",
    roles,
  });
  const made = await client.call<{ token: string }>("POST", "/api/v1/tokens", {
    name: "cli",
    account: account.id,
  });
  return made.token;
}

suite("the unmodified pulumi command and the API, on one server", () => {
  beforeAll(async () => {
    database = await testDatabase();
    cluster = await Cluster.open({ DATABASE_URL: databaseUrl(database.connection), ROOST_WORKERS: "1" });
    await cluster.add("server");
    token = await cluster.token();
    client = new Client(() => cluster.url, token);
  });

  afterAll(async () => {
    await cluster?.close();
    await database?.close();
  });

  it("shows in the API what the command does: stacks, secrets, live events, history, resources", async () => {
    await withNoopProject({ env: env() }, async (project) => {
      const run = async (...args: string[]) => (await expectSuccess(project.pulumi(args))).stdout;
      await expectSuccess(project.pulumi(["login", cluster.url], { PULUMI_BACKEND_URL: "" }));
      expect(await run("whoami", "--json")).toContain('"admin"');
      await run("stack", "init", "other");
      expect(JSON.parse(await run("stack", "ls", "--json"))).toMatchObject([
        { name: "dev" },
        { name: "other", current: true },
      ]);
      await run("stack", "rm", "other", "--yes");
      await run("stack", "select", "dev");
      expect((await client.fetch("GET", "/api/v1/stacks/example/other")).status).toBe(404);

      await run("config", "set", "--secret", "password", "canary-cli-8d02");
      const items = [
        { name: "slow", delayMilliseconds: 1_500 },
        { name: "hidden", secret: "canary-cli-8d02" },
      ];
      await project.declare({ items, outputs: ["password"] });
      const up = project.start(upNow);
      const id = await runningUpdate("dev");
      expect((await stackOf("example", "dev")).running).toMatchObject({
        kind: "update",
        by: "admin",
        deployment: null,
      });
      const first = await take(watch(id), 3);
      // The command still works while its events are here already.
      expect((await stackOf("example", "dev")).running?.update).toBe(id);
      const whole = await take(watch(id), Infinity);
      expect((await up.done).code).toBe(0);
      expect(whole.slice(0, 3)).toEqual(first);
      expect(whole.map((event) => event.id)).toEqual(whole.map((_, index) => index + 1));
      const text = JSON.stringify(whole);
      for (const known of ["resourcePreEvent", "summaryEvent", "::slow", '"succeeded"'])
        expect(text).toContain(known);

      const stack = await stackOf("example", "dev");
      expect(stack).toMatchObject({
        version: 1,
        resources: 4,
        running: null,
        outputs: { count: 2, password: { secret: true } },
      });
      expect(stack.history).toMatchObject([
        {
          id,
          kind: "update",
          state: "succeeded",
          version: 1,
          requester: "admin",
          deployment: null,
          changes: { create: 3 },
        },
      ]);
      const found = await client.call("GET", "/api/v1/resources?type=noop:index:Resource&text=SLOW");
      expect(found).toMatchObject({ items: [{ name: "slow", project: "example", stack: "dev" }] });
      expect(text + JSON.stringify(stack)).not.toContain("canary");
      expect(await run("stack", "output", "password", "--show-secrets")).toBe("canary-cli-8d02\n");

      const file = path.join(project.root, "state.json");
      await run("stack", "export", "--file", file);
      await run("stack", "import", "--file", file);
      expect(await run(...upNow)).toContain("3 unchanged");
      expect((await stackOf("example", "dev")).history.map(({ kind, version }) => [version, kind])).toEqual([
        [3, "update"],
        [2, "import"],
        [1, "update"],
      ]);
    });
  });

  it("lets one stack read another's outputs, whoever made it, and shows no secret that a program prints", async () => {
    const input = {
      project: "giver",
      stack: "prod",
      program: { builtin: "noop" },
      config: { payload: "hi", count: 0 },
    };
    const given = await client.deploy(input);
    expect(await client.ended(given.id)).toMatchObject({ state: "succeeded", outputs: { payload: "hi" } });
    const code = `
      const pulumi = require("@pulumi/pulumi");
      exports.heard = new pulumi.StackReference("roost/giver/prod").getOutput("payload");
      const config = new pulumi.Config();
      console.log("whole", config.require("password"), "text", config.requireObject("text").key);
      console.log("member", config.requireObject("login").password, config.requireObject("login").user);
    `;
    const files = { "package.json": "{}", "index.js": code };
    await withProject({ files, stack: "taker", env: env() }, async ({ pulumi }) => {
      const set = (...args: string[]) => expectSuccess(pulumi(["config", "set", ...args]));
      await set("--secret", "password", "canary-whole-71aa");
      await set("--secret", "text", '{"key":"canary-text-71aa"}');
      await set("--path", "login.user", "someone");
      await set("--path", "--secret", "login.password", "canary-member-71aa");
      await expectSuccess(pulumi(upNow));
      const { history } = await stackOf("example", "taker");
      const said = JSON.stringify(await take(watch(history[0]!.id), Infinity));
      expect(said).toContain("whole [secret] text [secret]");
      expect(said).toContain("member [secret] someone");
      expect(said).not.toContain("canary");
      expect((await stackOf("example", "taker")).outputs).toEqual({ heard: "hi" });
    });
  });

  it("lets a deployment wait for a person's update without a worker, says for whom, and starts it afterwards", async () => {
    const person = await addPerson("second.person");
    await withWaitingProject("shared", person, async (project) => {
      const up = project.start(upNow);
      const update = await runningUpdate("shared");
      const program = { program: { builtin: "noop" } };
      const { id } = await client.deploy({ project: "example", stack: "shared", ...program });
      const waitingFor = { kind: "person", name: "second.person", command: "pulumi up" };
      expect(await client.find(id)).toMatchObject({ state: "queued", position: 0, waitingFor });
      // There is one worker, and it is free for others.
      const other = await client.deploy({ project: "example", stack: "free", ...program });
      expect(await client.ended(other.id)).toMatchObject({ state: "succeeded" });
      expect(await client.find(id)).toMatchObject({ state: "queued", attempt: 0, waitingFor });
      await letGo(project);
      expect((await up.done).code).toBe(0);
      const ended = await client.ended(id);
      expect(ended).toMatchObject({ state: "succeeded", waitingFor: null, version: 2 });
      const { history } = await stackOf("example", "shared");
      expect(history).toMatchObject([{ deployment: id }, { id: update, requester: "second.person" }]);
      expect(Date.parse(ended.startedAt!)).toBeGreaterThanOrEqual(Date.parse(history[1]!.endedAt!));
    });
  });

  it("refuses a person's command while a deployment runs, and names the deployment", async () => {
    await withWaitingProject("taken", token, async ({ pulumi }) => {
      const config = { count: 1, delayMilliseconds: 60_000 };
      const input = { project: "example", stack: "taken", program: { builtin: "noop" }, config };
      const { id } = await client.deploy(input);
      await runningUpdate("taken");
      const refused = await pulumi(upNow);
      expect(refused.code).not.toBe(0);
      expect(refused.output).toMatch(/409.*Conflict/);
      expect(refused.output).toContain(id);
      // The command's own way to free a stack ends the deployment.
      await expectSuccess(pulumi(["cancel", "--yes"]));
      expect(await client.ended(id)).toMatchObject({ state: "cancelled", cancelRequested: { by: "admin" } });
      expect((await stackOf("example", "taken")).running).toBeNull();
    });
  });

  it("frees a stack from a person's update by pulumi cancel, and the next deployment starts", async () => {
    await withWaitingProject("stuck", token, async (project) => {
      const up = project.start(upNow);
      const update = await runningUpdate("stuck");
      const { id } = await client.deploy({
        project: "example",
        stack: "stuck",
        program: { builtin: "noop" },
      });
      await expectSuccess(project.pulumi(["cancel", "--yes"]));
      expect(await client.ended(id)).toMatchObject({ state: "succeeded" });
      expect((await stackOf("example", "stuck")).history).toMatchObject([
        { deployment: id, state: "succeeded" },
        { id: update, state: "cancelled" },
      ]);
      // The fenced engine notices at its next write.
      await letGo(project);
      expect((await up.done).code).not.toBe(0);
      expect((await stackOf("example", "stuck")).version).toBe(2);
    });
  });
});
