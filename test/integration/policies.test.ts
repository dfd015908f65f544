import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Deployment } from "../../automation-api/deployments/contract.ts";
import type { Stack, StackGraph } from "../../automation-api/projects/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { makeTarGz } from "../automation-api/programs/tarball.ts";
import { withNoopProject } from "../automation-api/state-backend/noop-project.ts";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../support/database.ts";
import { expectSuccess, repository } from "../support/engine.ts";
import { follow } from "../support/follow.ts";

jest.setTimeout(240_000);
const suite = reasonToSkip("engine", "postgres") ? describe.skip : describe;

const priceTable = {
  ...{ format: "roost-prices/1", name: "a contract", currency: "EUR" },
  prices: [{ type: "noop:index:Resource", item: "months", monthly: { small: 2, large: 9 }, by: "payload" }],
};

interface PolicyEvent {
  resourceUrn: string;
  policyName: string;
  policyPackName: string;
  enforcementLevel: string;
  message: string;
}

interface Repair {
  resourceUrn: string;
  policyName: string;
  policyPackName: string;
  after: Record<string, unknown>;
  message: string;
}

suite("policies that are forced on a project", () => {
  let database: TestDatabase;
  let cluster: Cluster;
  let client: Client;
  let token: string;

  beforeAll(async () => {
    database = await testDatabase();
    const prices = path.join(process.env.ROOST_TEST_RUN as string, `prices-${process.pid}.json`);
    await writeFile(prices, JSON.stringify(priceTable));
    cluster = await Cluster.open({
      DATABASE_URL: databaseUrl(database.connection),
      ROOST_WORKERS: "1",
      ROOST_PRICES: prices,
    });
    await cluster.add("server");
    token = await cluster.token();
    client = new Client(() => cluster.url, token);
  });
  afterAll(async () => {
    await cluster?.close();
    await database?.close();
  });

  const force = (project: string, policies: object) =>
    client.call("PUT", `/api/v1/projects/${project}/policies`, policies);
  /** Runs a deployment to its end, with the policy events of its live stream, and what was repaired. */
  async function deploy(
    input: Record<string, unknown>,
  ): Promise<[Deployment, PolicyEvent[], repairs: Repair[]]> {
    const { id } = await client.deploy({ stack: "dev", ...input });
    const events: PolicyEvent[] = [];
    const repairs: Repair[] = [];
    for await (const { data } of follow({
      url: cluster.url,
      token,
      path: `/api/v1/deployments/${id}/events`,
    })) {
      const { policyEvent, policyRemediationEvent } = (data.data ?? {}) as {
        policyEvent?: PolicyEvent;
        policyRemediationEvent?: Repair;
      };
      if (policyEvent) events.push(policyEvent);
      if (policyRemediationEvent) repairs.push(policyRemediationEvent);
    }
    return [await client.ended(id), events, repairs];
  }
  async function upload(files: Record<string, string>): Promise<string> {
    const entries = Object.entries(files).map(([name, content]) => ({ path: name, content }));
    const response = await fetch(`${cluster.url}/api/v1/programs`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/gzip" },
      body: new Uint8Array(makeTarGz(entries)),
    });
    return ((await response.json()) as { id: string }).id;
  }
  const resources = async (project: string) =>
    (await client.call<Stack>("GET", `/api/v1/stacks/${project}/dev`)).resources;

  it("refuse a change before anything is made, show it live, and let it through as an advisory", async () => {
    const program = { builtin: "unpinned" };
    const [free] = await deploy({ project: "shop", operation: "preview", program });
    expect(free.state).toBe("succeeded");

    await force("shop", {});
    const [refused, events] = await deploy({ project: "shop", program });
    expect(refused.state).toBe("failed");
    expect(refused.error).toContain("The policy ssh-pinned-host");
    expect(refused.changes ?? {}).toEqual({});
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      policyPackName: "roost",
      policyName: "ssh-pinned-host",
      enforcementLevel: "mandatory",
    });
    expect(events[0]!.resourceUrn).toContain("command:remote:Command::run");
    expect(events[0]!.message).toMatch(
      /whatever machine answers.*hostKey.*docs\/policies.md#ssh-pinned-host/s,
    );
    expect(await resources("shop")).toBe(0);

    await force("shop", { level: "advisory" });
    const [shown, advisories] = await deploy({ project: "shop", operation: "preview", program });
    expect(shown.state).toBe("succeeded");
    expect(advisories).toMatchObject([{ policyName: "ssh-pinned-host", enforcementLevel: "advisory" }]);
  });

  it("let through what keeps them, and refuse a person's own command with the reason", async () => {
    await withNoopProject(
      { env: { PULUMI_BACKEND_URL: cluster.url, PULUMI_ACCESS_TOKEN: token } },
      async (project) => {
        const up = () => project.pulumi(["up", "--yes", "--skip-preview"]);
        await expectSuccess(up());
        await force("example", {});
        const refused = await up();
        expect(refused.code).not.toBe(0);
        expect(refused.output).toContain("Policies are forced on the project example");
        await expectSuccess(project.pulumi(["preview"]));
        await force("example", { allowCommandLine: true });
        await expectSuccess(up());
        await force("example", {});
        await client.call("DELETE", "/api/v1/projects/example/policies");
        await expectSuccess(up());
      },
    );
    await force("shop", {});
    const [kept] = await deploy({
      project: "shop",
      stack: "noop",
      program: { builtin: "noop" },
    });
    expect([kept.state, kept.error]).toEqual(["succeeded", null]);
  });

  /** Beside policies of Roost that are all off. */
  const forcePack = (project: string, archive: string, level: string | null = null) =>
    force(project, {
      settings: { all: "disabled" },
      packs: [{ name: "house", source: { archive }, level }],
    });

  it("are a project's own as well, run apart from what they judge", async () => {
    const folder = path.join(repository, "policies/example");
    const files = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), "utf8")]),
    );
    const example = await upload(files);
    const program = { builtin: "unpinned" };
    // The first deployment makes the project.
    await deploy({ project: "mill", stack: "first", operation: "preview", program: { builtin: "noop" } });
    await forcePack("mill", example);
    const [refused, events] = await deploy({ project: "mill", program });
    expect(refused).toMatchObject({
      state: "failed",
      error: expect.stringContaining("cannot be taken back"),
    });
    expect(events).toMatchObject([{ policyPackName: "house", policyName: "house-commands-undone" }]);
    expect(await resources("mill")).toBe(0);

    await forcePack("mill", example, "advisory");
    const [shown, advisories] = await deploy({ project: "mill", operation: "preview", program });
    expect(shown).toMatchObject({ state: "succeeded", error: null });
    expect(advisories).toMatchObject([{ enforcementLevel: "advisory" }]);
  });

  it("block when they throw or leave, and not the way out", async () => {
    const main = (code: string) => ({
      "package.json": '{"name":"house","version":"1.0.0","type":"module","main":"main.js"}',
      "main.js": code,
    });
    const say = "throw new Error([process.getuid(), ...Object.keys(process.env).sort()].join());";
    await forcePack("mill", await upload(main(say)));
    const [thrown] = await deploy({ project: "mill", stack: "first", program: { builtin: "noop" } });
    expect(thrown.state).toBe("failed");
    const said = /failed to load: Error: (\d+),(\S*)/.exec(thrown.error ?? "");
    expect(said?.[2]).toMatch(/^HOME,(LANG,|LC_\w+,)*PATH/);
    expect(said?.[2]).not.toMatch(/PULUMI_ACCESS|PULUMI_HOME|ROOST|DATABASE/);
    if (process.getuid?.() === 0) expect(Number(said?.[1])).toBeGreaterThan(1000);

    await forcePack("mill", await upload(main("process.exit(0);")));
    const [left] = await deploy({ project: "mill", stack: "first", program: { builtin: "noop" } });
    expect(left.state).toBe("failed");
    const [destroyed] = await deploy({ project: "mill", stack: "first", operation: "destroy" });
    expect(destroyed).toMatchObject({ state: "succeeded", error: null });
  });

  it("keep a budget, of which each preview and update tells its part", async () => {
    const program = { builtin: "noop" };
    const of = (payload: string) => ({ project: "bank", program, config: { payload } });
    const [seen] = await deploy({ ...of("small"), operation: "preview" });
    expect(seen.cost).toMatchObject({
      ...{ currency: "EUR", prices: "a contract", before: 0, after: 6, unknown: [] },
      items: [{ item: "months", before: 0, after: 2 }, {}, {}],
    });
    const [made] = await deploy(of("small"));
    expect([made.state, made.cost]).toEqual(["succeeded", expect.objectContaining({ before: 0, after: 6 })]);

    await force("bank", { settings: { "cost-budget": { monthly: 20 } } });
    const [kept] = await deploy({ ...of("small"), operation: "preview" });
    expect([kept.state, kept.cost]).toEqual(["succeeded", expect.objectContaining({ before: 6, after: 6 })]);
    const [refused] = await deploy(of("large"));
    expect(refused).toMatchObject({
      state: "failed",
      error: expect.stringContaining("27.00 EUR a month, which may cost 20"),
    });
    await force("bank", { settings: { "cost-budget": { increase: 20 } } });
    const [tooMuch] = await deploy({ ...of("large"), operation: "preview" });
    expect(tooMuch).toMatchObject({
      state: "failed",
      error: expect.stringContaining("21.00 EUR more than before, of which a change may add 20"),
    });
    await force("bank", { settings: { "cost-budget": { increase: 21 } } });
    const [added] = await deploy(of("large"));
    expect([added.state, added.cost]).toEqual([
      "succeeded",
      expect.objectContaining({ before: 6, after: 27 }),
    ]);
  });

  it("repair what they may, let through what is excepted while it is, and tell both live", async () => {
    const program = { builtin: "key" };
    const until = (day: string) => ({
      settings: {
        "keys-and-secrets": {
          exceptions: [{ resource: "key", who: "ann", why: "moving", until: day }],
        },
      },
    });
    await deploy({ project: "vault", stack: "first", operation: "preview", program: { builtin: "noop" } });
    await force("vault", until("2999-01-01"));
    const [held, advisories, repairs] = await deploy({ project: "vault", program });
    expect([held.state, held.error]).toEqual(["succeeded", null]);
    const key = expect.stringContaining("aws:kms/key:Key::key");
    expect(advisories).toMatchObject([
      { policyName: "exceptions", enforcementLevel: "advisory", resourceUrn: key },
    ]);
    expect(advisories[0]!.message).toContain(
      "keys-and-secrets: does not rotate; excepted by ann until 2999-01-01: moving. (docs/policies.md#keys-and-secrets)",
    );
    expect(repairs).toMatchObject([
      {
        ...{ resourceUrn: key, policyName: "tags", policyPackName: "roost" },
        after: { tags: { "roost:stage": "dev" } },
        message: expect.stringMatching(/^is changed in tags: .*stage.*\(docs\/policies\.md#tags\)$/),
      },
    ]);
    // It was made as it was repaired.
    const graph = await client.call<StackGraph>("GET", "/api/v1/stacks/vault/dev/graph");
    const made = graph.resources.find(({ name }) => name === "key");
    expect(made?.inputs).toMatchObject({ enableKeyRotation: false, tags: { "roost:stage": "dev" } });

    await force("vault", until("2020-01-01"));
    const [over, events] = await deploy({ project: "vault", program });
    expect(over.state).toBe("failed");
    expect(events).toMatchObject([{ policyName: "keys-and-secrets", enforcementLevel: "mandatory" }]);
    expect(events[0]!.message).toMatch(/the exception by ann ended on 2020-01-01.*docs\/policies\.md#keys/s);
  });

  it("are those of an environment too, beside the project's, and neither weakens the other", async () => {
    const program = { builtin: "unpinned" };
    await client.call("POST", "/api/v1/environments", { name: "live", stacks: ["*/live"] });
    const protect = (policies: object) => client.call("PUT", "/api/v1/environments/live/policies", policies);
    await protect({ level: "mandatory" });
    const live = { project: "yard", stack: "live", operation: "preview", program };
    const [elsewhere] = await deploy({ ...live, stack: "dev" });
    expect(elsewhere.state).toBe("succeeded");
    const [refused, events] = await deploy(live);
    expect(refused).toMatchObject({ state: "failed", error: expect.stringContaining("ssh-pinned-host") });
    expect(events).toMatchObject([{ policyPackName: "roost", enforcementLevel: "mandatory" }]);

    await protect({ level: "advisory" });
    await force("yard", { level: "mandatory" });
    const [both, said] = await deploy(live);
    expect(both.state).toBe("failed");
    const levels = said.map(({ policyName, enforcementLevel }) => `${policyName} ${enforcementLevel}`);
    expect(levels.sort()).toEqual(["ssh-pinned-host advisory", "ssh-pinned-host mandatory"]);

    await withNoopProject(
      { env: { PULUMI_BACKEND_URL: cluster.url, PULUMI_ACCESS_TOKEN: token }, stack: "live" },
      async (project) => {
        const own = await project.pulumi(["up", "--yes", "--skip-preview"]);
        expect(own.code).not.toBe(0);
        expect(own.output).toContain("Policies are forced on the environment live");
      },
    );
  });

  it("are refused where their settings are wrong, and told as they are", async () => {
    const wrong = await client.fetch("PUT", "/api/v1/projects/shop/policies", {
      settings: { "no-such": "disabled" },
    });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({
      detail: expect.stringContaining("There is no policy no-such"),
    });
    const settings = { tags: { enforcementLevel: "mandatory", required: ["owner"] } };
    await force("shop", { settings });
    expect(await client.call("GET", "/api/v1/projects/shop/policies")).toEqual({
      policies: { level: null, settings, allowCommandLine: false, packs: [] },
    });
  });
});
