import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { noopProvider, openWorld } from "../../../plugins/noop/index.ts";
import {
  defineProvider,
  InitFailed,
  type ProviderDefinition,
  type Served,
  secret,
  serveProvider,
} from "../../../plugins/provider/index.ts";
import { expectSuccess, type Project, reasonWithoutEngine, withProject } from "../../support/engine.ts";

// Each engine operation takes a second on a quiet machine, and a test makes several.
jest.setTimeout(180_000);
const suite = reasonWithoutEngine() ? describe.skip : describe;
const apply = ["up", "--yes", "--skip-preview"];

/** A provider with one type for each way in which a resource can go wrong. */
const faulty: ProviderDefinition = defineProvider({
  name: "faulty",
  version: "1.0.0",
  configure: (_context, { prefix }) => ({ prefix: String(prefix ?? "") }),
  resources: {
    "faulty:index:Checked": {
      check: (_context, { inputs }) => ({
        inputs: { ...inputs, filled: "by check" },
        failures: inputs.size === 0 ? [{ property: "size", reason: "must not be 0" }] : [],
      }),
      create: async (_context, { inputs }) => ({
        id: "1",
        state: { ...inputs, made: secret("canary-made") },
      }),
    },
    "faulty:index:HalfMade": {
      async create(context, { inputs }) {
        context.log("warning", `about to fail with ${String(inputs.token)}`);
        throw new InitFailed("half", inputs, [`not ready with ${String(inputs.token)}`]);
      },
    },
  },
  functions: {
    "faulty:index:join": async (context, { words }) => {
      const { prefix } = context.config as { prefix: string };
      return { text: prefix + (words as string[]).join("-") };
    },
  },
});

suite("a provider of ours in the real engine", () => {
  let noop: Served;
  let other: Served;
  beforeAll(async () => {
    noop = await serveProvider(noopProvider);
    other = await serveProvider(faulty);
  });
  afterAll(async () => {
    await noop.close();
    await other.close();
  });

  const using = (code: string, body: (project: Project) => Promise<void>): Promise<void> =>
    withProject(
      {
        files: {
          "package.json": '{"main":"index.js"}',
          "index.js": `const pulumi = require("@pulumi/pulumi");
            const options = JSON.parse(require("fs").readFileSync(__dirname + "/options.json", "utf8"));
            const make = (type, name, args, opts) => new pulumi.CustomResource(type, name, { made: undefined, filled: undefined, ...args }, opts);
            ${code}`,
          "options.json": "{}",
        },
        env: { PULUMI_DEBUG_PROVIDERS: `noop:${noop.port},faulty:${other.port}` },
      },
      body,
    );
  const setOptions = ({ folder }: Project, options: object): Promise<void> =>
    writeFile(join(folder, "options.json"), JSON.stringify(options));

  it("creates, keeps, updates, replaces, finds what is gone, and deletes: the world file counts each", async () => {
    const code = `const worldPath = __dirname + "/world";
      for (const name of ["a", "b"]) make("noop:index:Resource", name, { worldPath, ...options });`;
    await using(code, async (project) => {
      const path = join(project.folder, "world");
      const world = openWorld(path);
      const counts = (): number[] => [world.count("create"), world.count("update"), world.count("delete")];
      expect(world.existing().size).toBe(0);
      await expectSuccess(project.pulumi(apply));
      await expectSuccess(project.pulumi([...apply, "--expect-no-changes"]));
      expect(counts()).toEqual([2, 0, 0]);
      await setOptions(project, { payload: { deep: [1, null] } });
      await expectSuccess(project.pulumi(apply));
      expect(counts()).toEqual([2, 2, 0]);
      await setOptions(project, { payload: { deep: [1, null] }, replaceKey: "other" });
      await expectSuccess(project.pulumi(apply));
      expect(counts()).toEqual([4, 2, 2]);
      // Somebody removes one by hand: a refresh finds that out.
      const [line = ""] = (await readFile(path, "utf8")).split("\n").filter((each) => each.includes("other"));
      await writeFile(path, `${line}\n`);
      const refreshed = await expectSuccess(project.pulumi(["refresh", "--yes", "--skip-preview"]));
      expect(refreshed.output).toContain("1 deleted");
      await expectSuccess(project.pulumi(["destroy", "--yes", "--skip-preview"]));
      expect(world.existing().size).toBe(0);
      await rm(path);
    });
  });

  it("fails the operation that it is told to fail, and takes its time", async () => {
    await using('make("noop:index:Resource", "a", { ...options });', async (project) => {
      await setOptions(project, { fail: "create" });
      const failed = await project.pulumi(apply);
      expect(failed.output).toContain("create of a was told to fail");
      await setOptions(project, { delayMilliseconds: 1_000_000 });
      const up = project.start(apply);
      await up.printed("noop:index:Resource a creating");
      up.kill("SIGINT");
      expect((await up.done).code).not.toBe(0);
    });
  });

  it("has its checks, defaults and secret outputs respected", async () => {
    const code = `const c = make("faulty:index:Checked", "c", { size: options.size });
      exports.filled = c.filled; exports.made = c.made;`;
    await using(code, async (project) => {
      await setOptions(project, { size: 0 });
      const refused = await project.pulumi(["preview"]);
      expect(refused.code).not.toBe(0);
      expect(refused.output).toMatch(/size.*must not be 0/s);
      await setOptions(project, { size: 1 });
      const up = await expectSuccess(project.pulumi(apply));
      expect(up.output).toContain('filled: "by check"');
      expect(up.output).not.toContain("canary-made");
      expect(JSON.stringify(await project.exported())).not.toContain("canary-made");
      // Without an update, a change replaces.
      await setOptions(project, { size: 2 });
      expect((await expectSuccess(project.pulumi(["preview"]))).output).toContain("to replace");
    });
  });

  it("keeps a half-made resource in the state, with its secrets, and says why", async () => {
    const code = 'make("faulty:index:HalfMade", "h", { token: pulumi.secret("canary-token") });';
    await using(code, async (project) => {
      const { code: exit, output } = await project.pulumi(apply);
      expect(exit).not.toBe(0);
      expect(output).toContain("not ready with [secret]");
      expect(output).toContain("about to fail with [secret]");
      expect(output).not.toContain("canary-token");
      const { deployment } = await project.exported();
      const half = deployment.resources?.find(({ type }) => type === "faulty:index:HalfMade");
      expect(half).toMatchObject({ id: "half", initErrors: ["not ready with [secret]"] });
      expect(JSON.stringify(half)).not.toContain("canary-token");
    });
  });

  it("answers functions with its configuration, and names what it does not have", async () => {
    const code = `exports.text = pulumi.output(pulumi.runtime.invoke("faulty:index:join", { words: ["a", "b"] })).text;
      if (options.wrong) exports.wrong = pulumi.runtime.invoke("faulty:index:split", {});`;
    await using(code, async (project) => {
      await expectSuccess(project.pulumi(["config", "set", "faulty:prefix", "p-"]));
      expect((await expectSuccess(project.pulumi(apply))).output).toContain('text: "p-a-b"');
      await setOptions(project, { wrong: true });
      expect((await project.pulumi(["preview"])).output).toContain(
        "faulty has no function faulty:index:split",
      );
    });
  });
});
