import { existsSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { installPolicyPack } from "../../plugins/install.ts";
import {
  defineProvider,
  type ResourceHandler,
  type Served,
  serveProvider,
} from "../../plugins/provider/index.ts";
import { type Project, reasonWithoutEngine, repository, withProject } from "../support/engine.ts";

jest.setTimeout(240_000);
const withEngine = reasonWithoutEngine() ? describe.skip : describe;

/** What a cloud was asked to make. */
const made: Record<string, Record<string, unknown>> = {};
const handler: ResourceHandler = {
  async create({ name }, { inputs }) {
    made[name] = inputs;
    return { id: `${name}-id`, state: { ...inputs, arn: `arn:aws:x:::${name}` } };
  },
  async update({ name }, { inputs }) {
    made[name] = inputs;
    return { ...inputs, arn: `arn:aws:x:::${name}` };
  },
  async delete() {},
};
const types = [
  "aws:kms/key:Key",
  "aws:ecr/repository:Repository",
  "aws:ecr/lifecyclePolicy:LifecyclePolicy",
  "aws:ecs/service:Service",
  "aws:dynamodb/table:Table",
  "aws:ec2/eip:Eip",
  "aws:iam/rolePolicy:RolePolicy",
];
const cloud = defineProvider({
  name: "aws",
  version: "7.48.0",
  resources: Object.fromEntries(types.map((type) => [type, handler])),
});

/**
 * Resources of the configuration in order; `{from: name}` is the ARN of an earlier one. What is given of a resource as
 * its text is said beside it as well, as our components do.
 */
const program = `
  const pulumi = require("@pulumi/pulumi");
  const made = {};
  const filled = (value) =>
    value?.from ? made[value.from].arn
      : Array.isArray(value) ? value.map(filled)
      : value !== null && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each)]))
        : value;
  for (const [type, name, inputs, text, beside = text] of new pulumi.Config().requireObject("resources")) {
    const given = Object.entries(inputs).map(([key, value]) => [key, filled(value)]);
    if (text) {
      const { urn } = new pulumi.ComponentResource("roost-components:index:Document", name, { policy: filled(beside) });
      given.push(["policy", urn.apply(() => pulumi.jsonStringify(filled(text)))]);
    }
    made[name] = new pulumi.CustomResource(type, name, { arn: undefined, ...Object.fromEntries(given) });
  }
`;

type Given = [
  type: string,
  name: string,
  inputs: Record<string, unknown>,
  text?: Record<string, unknown>,
  beside?: Record<string, unknown>,
];
const allowing = (Action: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: [Action], Resource: [{ from: "images" }, "*"] }],
});
const service = (assignPublicIp: unknown): Given => [
  "aws:ecs/service:Service",
  "web",
  { networkConfiguration: { assignPublicIp }, deploymentCircuitBreaker: { enable: true, rollback: true } },
];
const repository_: Given = [
  "aws:ecr/repository:Repository",
  "images",
  { imageTagMutability: "IMMUTABLE", imageScanningConfiguration: { scanOnPush: true } },
];
const lifecycle: Given = [
  "aws:ecr/lifecyclePolicy:LifecyclePolicy",
  "old",
  { repository: { from: "images" } },
];
const address: Given = ["aws:ec2/eip:Eip", "address", {}];

interface PolicyEvent {
  resourceUrn?: string;
  policyName: string;
  policyPackName: string;
  message: string;
  enforcementLevel: string;
}

withEngine("the pack in the real engine", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveProvider(cloud);
  });
  afterAll(() => served.close());
  beforeEach(() => {
    for (const name of Object.keys(made)) delete made[name];
  });

  /** Runs an operation on resources; the events are those that a deployment's stream is made of. */
  const running = (body: (run: Runner, project: Project) => Promise<void>) =>
    withProject(
      {
        files: { "package.json": '{"main":"index.js"}', "index.js": program },
        env: { PULUMI_DEBUG_PROVIDERS: `aws:${served.port}`, PULUMI_DEBUG_COMMANDS: "true" },
      },
      async (project) => {
        const pack = join(project.root, "roost");
        await installPolicyPack(pack, join(repository, "policies"));
        await body(async (operation, resources, { settings = {}, packs = [pack] } = {}) => {
          const log = join(project.root, `events-${Math.random()}`);
          const config = join(project.root, "settings.json");
          await writeFile(config, JSON.stringify(settings));
          await writeFile(
            join(project.folder, "Pulumi.dev.yaml"),
            JSON.stringify({ config: { "example:resources": resources } }),
          );
          const flags = packs.flatMap((each) => [
            "--policy-pack",
            each,
            ...(each === pack ? ["--policy-pack-config", config] : []),
          ]);
          const args = operation === "up" ? ["up", "--yes", "--skip-preview"] : ["preview"];
          const { code, output } = await project.pulumi([...args, "--event-log", log, ...flags]);
          if (!existsSync(log)) throw new Error(output);
          const lines = readFileSync(log, "utf8").split("\n").filter(Boolean);
          const events = lines.flatMap(
            (line) => (JSON.parse(line) as { policyEvent?: PolicyEvent }).policyEvent ?? [],
          );
          return { code, output, events };
        }, project);
      },
    );

  it("refuses a violation before anything is made, and lets through what is repaired", () =>
    running(async (run) => {
      const refused = await run("up", [service(true)]);
      expect(refused.code).not.toBe(0);
      expect(made).toEqual({});
      const [event] = refused.events.filter(({ policyName }) => policyName === "ecs-no-public-ip");
      expect(event).toMatchObject({
        policyPackName: "roost",
        enforcementLevel: "mandatory",
        resourceUrn: "urn:pulumi:dev::example::aws:ecs/service:Service::web",
      });
      expect(event!.message).toContain("gives its tasks public addresses");
      expect(event!.message).toContain("put tasks into private subnets");
      expect(event!.message).toContain("docs/policies.md#ecs-no-public-ip");

      const passed = await run("up", [service(false)]);
      expect([passed.code, passed.output.match(/violat/)]).toEqual([0, null]);
      // The remediation of tags changed the input before the service was made.
      expect(made.web!.tags).toEqual({ "roost:stage": "dev" });
    }));

  it("shows an advisory and goes on, judges a whole stack in the preview, and decides by inputs what outputs hide", () =>
    running(async (run) => {
      const shown = await run("up", [address]);
      expect(shown.code).toBe(0);
      expect(made.address).toBeDefined();
      expect(shown.events).toMatchObject([
        {
          policyName: "cost-idle",
          enforcementLevel: "advisory",
          resourceUrn: expect.stringContaining("::address"),
        },
      ]);
      const refused = await run("preview", [address, repository_]);
      expect(refused.code).not.toBe(0);
      expect(refused.events.find(({ policyName }) => policyName === "ecr-hygiene")!.message).toContain(
        "for ever",
      );
      const good = await run("preview", [address, repository_, lifecycle]);
      expect(good.code).toBe(0);
      expect(good.output).not.toContain("can't run");
      const unknown = await run("preview", [repository_, lifecycle, service({ from: "images" })]);
      expect(unknown.code).toBe(0);
    }));

  it("says of a rule that cannot decide yet that it cannot", () =>
    running(async (run) => {
      const open: Given = [
        "aws:ecs/service:Service",
        "web",
        { ...service(false)[2], networkConfiguration: { from: "images" } },
      ];
      const { code, events } = await run("preview", [repository_, lifecycle, open]);
      expect(code).toBe(0);
      const said = events.filter(({ policyName }) => policyName === "ecs-no-public-ip");
      expect(said).toMatchObject([
        {
          enforcementLevel: "advisory",
          message: expect.stringContaining("can't run policy 'ecs-no-public-ip'"),
        },
      ]);
    }));

  it("judges a text that is not known by what is said beside it, and refuses what said something else", () =>
    running(async (run) => {
      const policy = (text: Given[3], beside: Given[4] = text): Given[] => [
        repository_,
        lifecycle,
        ["aws:iam/rolePolicy:RolePolicy", "rights", { role: "r" }, text, beside],
      ];
      const good = await run("preview", policy(allowing("ecr:GetDownloadUrlForLayer")));
      expect([good.code, good.output.match(/can't run/)]).toEqual([0, null]);
      const wide = await run("preview", policy(allowing("ecr:*")));
      expect(wide.code).not.toBe(0);
      expect(wide.events).toMatchObject([
        {
          policyName: "iam-least-privilege",
          resourceUrn: expect.stringContaining("::rights"),
          message: expect.stringContaining("allows ecr:* on everything"),
        },
      ]);
      const lie = policy(allowing("ecr:ListImages"), allowing("ecr:GetDownloadUrlForLayer"));
      expect((await run("preview", lie)).code).toBe(0);
      const caught = await run("up", lie);
      expect(caught.code).not.toBe(0);
      expect(caught.events.map(({ policyName }) => policyName)).toContain("declared-documents");
      expect(made.rights).toBeUndefined();
    }));

  it("lets an exception through while it holds and says so, and no longer", () =>
    running(async (run) => {
      const until = (day: string) => ({
        settings: {
          "ecs-no-public-ip": { exceptions: [{ resource: "web", who: "ann", why: "moving", until: day }] },
        },
      });
      const held = await run("up", [service(true)], until("2999-01-01"));
      expect(held.code).toBe(0);
      expect(made.web).toBeDefined();
      expect(held.events).toMatchObject([
        {
          policyName: "exceptions",
          enforcementLevel: "advisory",
          message: expect.stringContaining("excepted by ann until 2999-01-01: moving"),
        },
      ]);
      const over = await run("up", [service(true)], until("2020-01-01"));
      expect(over.code).not.toBe(0);
      expect(over.events[0]!.message).toContain("the exception by ann ended on 2020-01-01");
      const wrong = await run("up", [service(false)], {
        settings: { "ecs-no-public-ip": { exceptions: [{ resource: "web" }] } },
      });
      expect(wrong.code).not.toBe(0);
    }));

  it("blocks when a rule of it crashes, and serves as a folder by the language host", () =>
    running(async (run, project) => {
      const folder = join(project.root, "broken");
      await mkdir(folder);
      await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
      await writeFile(
        join(folder, "package.json"),
        '{"name":"broken","version":"1.0.0","type":"commonjs","main":"index.js"}',
      );
      await writeFile(
        join(folder, "index.js"),
        'const { PolicyPack } = require("@pulumi/policy"); new PolicyPack("broken", { policies: [{ name: "crash", description: "d", validateResource: () => { throw new Error("a rule that is broken"); } }] });',
      );
      const broken = join(project.root, "broken-pack");
      await installPolicyPack(broken, folder);
      const blocked = await run("up", [service(false)], { packs: [broken] });
      expect(blocked.code).not.toBe(0);
      expect(blocked.output).toContain("a rule that is broken");
      expect(made).toEqual({});

      const byHost = await run("up", [service(true)], { packs: [join(repository, "policies")] });
      expect(byHost.code).not.toBe(0);
      expect(byHost.events.map(({ policyName }) => policyName)).toContain("ecs-no-public-ip");
      expect(made).toEqual({});
    }));
});

type Runner = (
  operation: "up" | "preview",
  resources: Given[],
  options?: { settings?: Record<string, unknown>; packs?: string[] },
) => Promise<{ code: number | null; output: string; events: PolicyEvent[] }>;
