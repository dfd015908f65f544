import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { systemPrincipal } from "../../../automation-api/access/service.ts";
import { repository } from "../../support/engine.ts";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";
import { roost, temporaryFolder } from "./terminal.ts";

let server: DeploymentServer;
let folder: string;
beforeAll(async () => {
  server = await startDeploymentServer();
  folder = await temporaryFolder();
  const system = await systemPrincipal(server.database.db, { id: server.organizationId, name: "roost" });
  const names = { project: "shop", stack: "dev" };
  await server.state.createStack(system, names, {});
  const root = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
  const key = { urn: "urn:pulumi:dev::shop::aws:kms/key:Key::key", type: "aws:kms/key:Key", id: "key-1" };
  const state = {
    version: 3,
    deployment: {
      manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" },
      resources: [
        { urn: root, type: "pulumi:pulumi:Stack", custom: false },
        { ...key, custom: true, parent: root, inputs: { enableKeyRotation: false } },
      ],
    },
  };
  await server.state.importState(system, names, state as never);
}, 120_000);
afterAll(() => server?.close(), 60_000);

const call = (...args: string[]) =>
  roost(args, { env: { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken } });

describe("policies of a project by command", () => {
  it("are forced, shown and released, each call changing what it names", async () => {
    expect((await call("policy", "show", "shop")).stdout).toBe("No policies are forced on shop.\n");
    const settings = path.join(folder, "settings.yaml");
    await writeFile(settings, "cost-idle: disabled\n");
    expect((await call("policy", "force", "shop", "--level", "advisory", "--settings", settings)).code).toBe(
      0,
    );
    await call("policy", "force", "shop", "--budget", "400");
    await call("policy", "force", "shop", "--increase", "50");
    const packed = await call(
      "policy",
      "force",
      "shop",
      "--pack",
      `house=${path.join(repository, "policies/example")}`,
    );
    expect(packed.code).toBe(0);
    const { json } = await call("policy", "show", "shop", "--json");
    expect(json()).toEqual({
      policies: {
        ...{ level: "advisory", allowCommandLine: false },
        settings: { "cost-idle": "disabled", "cost-budget": { monthly: 400, increase: 50 } },
        packs: [
          { name: "house", source: { archive: expect.stringMatching(/^prg_/) }, level: null, settings: {} },
        ],
      },
    });
    await call("policy", "force", "shop", "--level", "own", "--without-pack", "house");
    const { stdout } = await call("policy", "show", "shop");
    expect(stdout).toContain("Level: each its own.\n  cost-idle: disabled\n");
    expect(stdout).not.toContain("house");
    expect((await call("policy", "release", "shop")).stdout).toBe("No policies are forced on shop.\n");
  });

  it("are forced on an environment likewise, without packs", async () => {
    expect((await call("environment", "list")).stdout).toBe("There are no environments here.\n");
    const made = await call("environment", "add", "production", "*/live");
    expect(made.stdout).toMatch(/production +\*\/live +none forced/);
    const set = await call("environment", "set", "production", "production", "*/live");
    expect(set.stdout).toContain("production */live");
    const forced = await call("policy", "force", "--environment", "production", "--level", "mandatory");
    expect(forced.stdout).toMatch(/^Policies are forced on the environment production\.\nLevel: mandatory\./);
    await call("policy", "force", "--environment", "production", "--budget", "400");
    const { json } = await call("policy", "show", "--environment", "production", "--json");
    expect(json()).toEqual({
      policies: {
        ...{ level: "mandatory", allowCommandLine: false },
        settings: { "cost-budget": { monthly: 400 } },
      },
    });
    const packed = await call("policy", "force", "--environment", "production", "--pack", "a=b");
    expect([packed.code === 0, packed.stderr]).toEqual([
      false,
      expect.stringContaining("an environment has none"),
    ]);
    expect((await call("policy", "release", "--environment", "production")).stdout).toBe(
      "No policies are forced on the environment production.\n",
    );
    expect((await call("environment", "remove", "production")).code).toBe(0);
    expect((await call("policy", "show", "--environment", "production")).code).not.toBe(0);
  });

  it.each([
    [["--without-pack", "none"], "there is no pack none"],
    [["--pack", "house"], "expected name=path"],
    [["--pack", "house=/nowhere"], "--pack: there is no /nowhere"],
    [["--budget", "much"], "amount of money"],
  ])("are refused with %j", async (flags, message) => {
    const { code, stderr } = await call("policy", "force", "shop", ...flags);
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining(message)]);
  });
});

describe("a stack of the server", () => {
  it("is judged and estimated as its newest state is", async () => {
    const checked = await call("policy", "check", "--deployed", "shop/dev");
    expect([checked.code, checked.stdout]).toEqual([1, expect.stringContaining("does not rotate")]);
    const cost = await call("cost", "--deployed", "shop/dev", "--json");
    expect([cost.code, cost.json()]).toEqual([0, expect.objectContaining({ monthly: 1 })]);
  });

  it("is exported likewise", async () => {
    const { code, json } = await call(
      "export",
      "--deployed",
      "shop/dev",
      "--format",
      "cloudformation",
      "--region",
      "eu-west-1",
      "--json",
    );
    expect([code, JSON.stringify(json())]).toEqual([0, expect.stringContaining("AWS::KMS::Key")]);
  });

  it("is told apart from a missing one", async () => {
    const { code, stderr } = await call("cost", "--deployed", "shop/none");
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining("shop/none")]);
  });
});
