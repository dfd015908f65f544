import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { commandProvider } from "../../../plugins/command/index.ts";
import { type Served, serveProvider } from "../../../plugins/provider/index.ts";
import { expectSuccess, type Project, reasonWithoutEngine, withProject } from "../../support/engine.ts";
import { isAlive, pidsIn, untilGone } from "../../support/processes.ts";

// Each engine operation takes a second on a quiet machine, and a test makes several.
jest.setTimeout(120_000);
const suite = reasonWithoutEngine() ? describe.skip : describe;
const apply = ["up", "--yes", "--skip-preview"];

/** A project whose program is `code`, with `command` at hand. */
function using(code: string, body: (project: Project) => Promise<void>): Promise<void> {
  const files = {
    "package.json": '{"main":"index.js"}',
    "index.js": `const pulumi = require("@pulumi/pulumi");
      const command = require("@pulumi/command");
      const config = new pulumi.Config();
      ${code}`,
  };
  return withProject({ files, env: { PULUMI_DEBUG_PROVIDERS: `command:${served.port}` } }, body);
}

const outputsOf = async ({ pulumi }: Project): Promise<Record<string, unknown>> =>
  JSON.parse((await expectSuccess(pulumi(["stack", "output", "--json", "--show-secrets"]))).stdout);

let served: Served;
beforeAll(async () => {
  served = await serveProvider(commandProvider);
});
afterAll(() => served.close());

suite("local.Command", () => {
  it("creates, keeps, updates with the last output, replaces on triggers and deletes", async () => {
    const code = `
      const c = new command.local.Command("c", {
        create: "echo made >> log; echo one",
        update: 'echo "updated after $PULUMI_COMMAND_STDOUT" >> log; echo two',
        delete: 'echo "deleted after $PULUMI_COMMAND_STDOUT" >> log',
        environment: { LEVEL: config.require("level") },
        dir: __dirname,
        triggers: [config.require("trigger")],
      });
      exports.stdout = c.stdout;
    `;
    await using(code, async (project) => {
      const set = (name: string, value: string) =>
        expectSuccess(project.pulumi(["config", "set", name, value]));
      const up = async (): Promise<string> => {
        await expectSuccess(project.pulumi(apply));
        return (await readFile(join(project.folder, "log"), "utf8")).trim().split("\n").at(-1) ?? "";
      };
      await set("level", "1");
      await set("trigger", "1");
      expect(await up()).toBe("made");
      expect(await up()).toBe("made");
      expect(await outputsOf(project)).toEqual({ stdout: "one" });
      await set("level", "2");
      const preview = await expectSuccess(project.pulumi(["preview", "--diff"]));
      expect(preview.output).toMatch(/LEVEL *: "1" => "2"/);
      expect(await up()).toBe("updated after one");
      expect(await outputsOf(project)).toEqual({ stdout: "two" });
      await set("trigger", "2");
      expect(await up()).toBe("deleted after two");
      await expectSuccess(project.pulumi(["destroy", "--yes", "--skip-preview"]));
      const log = await readFile(join(project.folder, "log"), "utf8");
      expect(log.trim().split("\n")).toEqual([
        "made",
        "updated after one",
        "made",
        "deleted after two",
        "deleted after one",
      ]);
    });
  });

  it("keeps secrets out of outputs, state, log and errors", async () => {
    const code = `
      const canary = config.requireSecret("canary");
      new command.local.Command("input", { create: "cat; echo partial-$CANARY >&2", stdin: canary, environment: { CANARY: canary } });
      const out = new command.local.Command("out", { create: pulumi.interpolate\`echo plain \${canary}\` });
      exports.out = out.stdout;
      if (config.getBoolean("fail")) new command.local.Command("bad", { create: pulumi.interpolate\`echo broken \${canary}; exit 3\` });
    `;
    const canary = "canary-91c4e07a";
    await using(code, async (project) => {
      await expectSuccess(project.pulumi(["config", "set", "--secret", "canary", canary]));
      const { output } = await expectSuccess(project.pulumi(apply));
      expect(output).toContain("partial-[secret]");
      expect(output).not.toContain(canary);
      expect(JSON.stringify(await project.exported())).not.toContain(canary);
      expect(await outputsOf(project)).toEqual({ out: `plain ${canary}` });
      await expectSuccess(project.pulumi(["config", "set", "fail", "true"]));
      const failed = await project.pulumi(apply);
      expect(failed.code).not.toBe(0);
      expect(failed.output).toContain('exit status 3: running "[secret]"');
      expect(failed.output).not.toContain(canary);
    });
  });

  it("collects files by globs, in order, as assets and as an archive", async () => {
    const code = `
      const c = new command.local.Command("c", {
        create: "mkdir -p assets/logos src && echo svg > assets/logos/logo.svg && echo js > src/index.js && echo no > src/secret.js",
        assetPaths: ["assets/**", "src/**.js", "!**secret.*"],
        archivePaths: ["src/*"],
        dir: __dirname,
      });
      exports.assets = c.assets.apply((all) => Object.keys(all));
      exports.archive = c.archive.apply(async (all) => Object.keys(await all.assets));
    `;
    await using(code, async (project) => {
      await expectSuccess(project.pulumi(apply));
      expect(await outputsOf(project)).toEqual({
        assets: ["assets/logos/logo.svg", "src/index.js"],
        archive: ["src/index.js", "src/secret.js"],
      });
      await expectSuccess(project.pulumi([...apply, "--expect-no-changes"]));
    });
  });

  it("runs with an allow-list of the environment", async () => {
    const code = `
      const c = new command.local.Command("c", { create: "env", environment: { MINE: "1" } });
      exports.names = c.stdout.apply((text) => text.split("\\n").map((line) => line.split("=")[0]));
    `;
    process.env.ROOST_CANARY = "x";
    process.env.DATABASE_URL = "x";
    await using(code, async (project) => {
      await expectSuccess(project.pulumi(apply));
      const { names } = await outputsOf(project);
      expect(names).toEqual(expect.arrayContaining(["MINE", "PATH"]));
      for (const name of ["ROOST_CANARY", "DATABASE_URL", "ROOST_ENGINE"]) expect(names).not.toContain(name);
    });
    delete process.env.ROOST_CANARY;
    delete process.env.DATABASE_URL;
  });

  it("names each input that is wrong, before anything runs", async () => {
    const code = `new command.local.Command("c", { create: 7, environment: { A: ["x"] }, dir: true });`;
    await using(code, async (project) => {
      const { code: exit, output } = await project.pulumi(["preview"]);
      expect(exit).not.toBe(0);
      for (const name of ["create", "environment", "dir"])
        expect(output).toMatch(new RegExp(`${name}.* must be`));
    });
  });

  it("local.run gives its output and hides it when an argument is secret", async () => {
    const code = `
      exports.plain = command.local.runOutput({ command: "echo $((6 * 7))", dir: __dirname }).stdout;
      exports.hidden = command.local.runOutput({ command: "cat", stdin: config.requireSecret("canary"), logging: "none" }).stdout;
    `;
    await using(code, async (project) => {
      await expectSuccess(project.pulumi(["config", "set", "--secret", "canary", "canary-55"]));
      const { output } = await expectSuccess(project.pulumi(apply));
      expect(output).not.toContain("canary-55");
      expect(await outputsOf(project)).toEqual({ plain: "42", hidden: "canary-55" });
    });
  });
});

suite("a long command", () => {
  const code = `new command.local.Command("c", { dir: __dirname, logging: "stdout",
    create: "sleep 1000 & echo $! >> pids; echo $$ >> pids; trap '' INT; echo waiting; sleep 1000; wait" });`;

  it("ends with its whole process group when the update is cancelled", async () => {
    await using(code, async ({ start, folder }) => {
      const up = start(apply);
      const pids = await pidsIn(join(folder, "pids"), 2);
      await up.printed("waiting");
      const from = Date.now();
      up.kill("SIGINT");
      await up.done;
      expect(Date.now() - from).toBeLessThan(2_000);
      await untilGone(pids, 1);
    });
  });

  it("is gone after kill -9 of the CLI", async () => {
    await using(code, async ({ start, folder }) => {
      const up = start(apply);
      const pids = await pidsIn(join(folder, "pids"), 2);
      up.kill("SIGKILL");
      await untilGone(pids, 2);
    });
  });

  it("ends when its custom timeout has passed", async () => {
    const limited = code.replace("});", '}, { customTimeouts: { create: "1s" } });');
    await using(limited, async ({ pulumi, folder }) => {
      const { code: exit, output } = await pulumi(apply);
      expect(exit).not.toBe(0);
      expect(output).toContain("timed out after 1 s");
      await untilGone(await pidsIn(join(folder, "pids"), 2), 1);
    });
  });

  it("does not end what a finished command left running in the background", async () => {
    const background = `new command.local.Command("c", { dir: __dirname,
      create: "sleep 1000 >/dev/null 2>&1 & echo $! >> pids" });`;
    await using(background, async ({ pulumi, folder }) => {
      await expectSuccess(pulumi(apply));
      const [pid = 0] = await pidsIn(join(folder, "pids"), 1);
      expect(await isAlive(pid)).toBe(true);
      process.kill(pid, "SIGKILL");
    });
  });
});

suite("an unknown value", () => {
  it("shows in a preview as a change, and runs nothing", async () => {
    const code = `
      const first = new command.local.Command("first", { create: "echo 1 >> ran", dir: __dirname });
      new command.local.Command("second", { create: pulumi.interpolate\`echo \${first.stdout} >> ran\`, dir: __dirname });
    `;
    await using(code, async ({ pulumi, folder }) => {
      await writeFile(join(folder, "ran"), "");
      const { output } = await expectSuccess(pulumi(["preview"]));
      expect(output).toContain("3 to create");
      expect(await readFile(join(folder, "ran"), "utf8")).toBe("");
    });
  });
});
