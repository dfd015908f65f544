import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { installPolicyPack } from "../../../plugins/install.ts";
import { noopProvider, openWorld } from "../../../plugins/noop/index.ts";
import { type Served, serveProvider } from "../../../plugins/provider/index.ts";
import {
  expectSuccess,
  type Project,
  type Run,
  reasonWithoutEngine,
  repository,
  withProject,
} from "../../support/engine.ts";

// Each engine operation takes a second on a quiet machine, and a test makes several.
jest.setTimeout(120_000);
const suite = reasonWithoutEngine() ? describe.skip : describe;

const program = `
  const pulumi = require("@pulumi/pulumi");
  const config = new pulumi.Config();
  new pulumi.CustomResource("noop:index:Resource", "thing", { payload: config.require("payload"), worldPath: __dirname + "/world" });
`;

const rules = (load: string): string => `
  ${load}
  new policy.PolicyPack("house", {
    policies: [
      {
        name: "no-bad",
        description: "payload is not bad",
        enforcementLevel: "mandatory",
        validateResource: ({ type, props }, report) => {
          if (type === "noop:index:Resource" && props.payload === "bad") report("payload is bad");
        },
      },
      {
        name: "stack-known",
        description: "tells what it knows",
        enforcementLevel: "advisory",
        validateStack: (_args, report) =>
          report([pulumi.getProject(), pulumi.getStack(), new pulumi.Config("example").get("payload")].join("/")),
      },
    ],
  });
`;
const esm = rules('import * as pulumi from "@pulumi/pulumi"; import { policy } from "./policy.js";');
const commonJs = rules('const pulumi = require("@pulumi/pulumi"); const policy = require("@pulumi/policy");');

const manifest = (type: string): string =>
  JSON.stringify({ name: "house", version: "1.2.3", main: "index.js", type });
const packs: Record<string, Record<string, string>> = {
  "an executable file, as a module": {
    "pack/package.json": manifest("module"),
    "pack/policy.js": 'import policy from "@pulumi/policy"; export { policy };',
    "pack/index.js": esm,
  },
  "an executable file": { "pack/package.json": manifest("commonjs"), "pack/index.js": commonJs },
  "a folder": {
    "pack/package.json": manifest("commonjs"),
    "pack/index.js": commonJs,
    "pack/PulumiPolicy.yaml": "runtime: nodejs\nversion: 1.2.3\n",
  },
};

suite("a policy pack", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveProvider(noopProvider);
  });
  afterAll(() => served.close());

  const using = (
    files: Record<string, string>,
    body: (project: Project, up: (payload: string) => Promise<Run>) => Promise<void>,
  ) =>
    withProject(
      {
        files: { "package.json": '{"main":"index.js"}', "index.js": program, ...files },
        env: { PULUMI_DEBUG_PROVIDERS: `noop:${served.port}` },
      },
      async (project) => {
        const folder = join(project.folder, "pack");
        await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
        const executable = join(project.root, "house");
        if (!("pack/PulumiPolicy.yaml" in files)) await installPolicyPack(executable, folder);
        const pack = "pack/PulumiPolicy.yaml" in files ? folder : executable;
        await body(project, async (payload) => {
          await expectSuccess(project.pulumi(["config", "set", "payload", payload]));
          return project.pulumi(["up", "--yes", "--skip-preview", "--policy-pack", pack]);
        });
      },
    );

  it.each(Object.entries(packs))("given as %s lets pass, knows the stack, and blocks", async (_, files) => {
    await using(files, async ({ folder }, up) => {
      const passed = await expectSuccess(up("good"));
      expect(passed.output).toContain("example/dev/good");
      expect(openWorld(join(folder, "world")).count("create")).toBe(1);
      const blocked = await up("bad");
      expect(blocked.code).not.toBe(0);
      expect(blocked.output).toContain("payload is bad");
      expect(openWorld(join(folder, "world")).deeds()).toHaveLength(1);
    });
  });

  it.each([
    ["throws", 'throw new Error("broken pack");', "broken pack"],
    ["makes no PolicyPack", "", "makes no PolicyPack"],
    ["leaves", "process.exit(0);", ""],
  ])("that %s blocks everything", async (_, code, shown) => {
    const files = { "pack/package.json": manifest("commonjs"), "pack/index.js": code };
    await using(files, async ({ folder }, up) => {
      const blocked = await up("good");
      expect(blocked.code).not.toBe(0);
      expect(blocked.output).toContain(shown);
      expect(openWorld(join(folder, "world")).deeds()).toEqual([]);
    });
  });
});
