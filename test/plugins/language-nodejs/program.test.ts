import { describe, expect, it, jest } from "@jest/globals";
import { expectSuccess, type Project, reasonWithoutEngine, withProject } from "../../support/engine.ts";

// Each engine operation takes a second on a quiet machine, and a test makes several.
jest.setTimeout(120_000);
const suite = reasonWithoutEngine() ? describe.skip : describe;

const program = (code: string): { files: Record<string, string> } => ({
  files: { "package.json": '{"type":"module","main":"index.js"}', "index.js": code },
});

suite("a folder's Node program runs through our language host", () => {
  it("previews, updates and destroys, with configuration, secrets and outputs", async () => {
    const code = `
      import * as pulumi from "@pulumi/pulumi";
      const config = new pulumi.Config();
      console.log("message is", config.require("message"), "in", pulumi.getStack(), pulumi.runtime.isDryRun());
      export const message = config.require("message");
      export const hidden = config.requireSecret("hidden");
      export const folder = process.cwd();
    `;
    await withProject(program(code), async ({ pulumi, folder }) => {
      await expectSuccess(pulumi(["config", "set", "message", "hello"]));
      await expectSuccess(pulumi(["config", "set", "--secret", "hidden", "canary-47fa"]));
      const preview = await expectSuccess(pulumi(["preview"]));
      expect(preview.output).toContain("message is hello in dev true");
      const up = await expectSuccess(pulumi(["up", "--yes", "--skip-preview"]));
      expect(up.output).toContain("message is hello in dev false");
      expect(up.output).not.toContain("canary-47fa");
      expect(up.output).not.toContain("warning");
      const outputs = JSON.parse((await expectSuccess(pulumi(["stack", "output", "--json"]))).stdout);
      expect(outputs).toEqual({ message: "hello", hidden: "[secret]", folder });
      await expectSuccess(pulumi(["destroy", "--yes", "--skip-preview"]));
    });
  });

  it.each([
    ["a thrown error", 'throw new Error("boom-1");', /boom-1[\s\S]*index\.js:1/],
    [
      "a late rejection",
      'setTimeout(() => Promise.reject(new Error("boom-2")), 10);',
      /boom-2[\s\S]*index\.js:1/,
    ],
    ["process.exit", "process.exit(7);", /exited with code 7/],
    ["a signal", 'process.kill(process.pid, "SIGKILL");', /ended by SIGKILL/],
    ["a missing module", 'import "./nowhere.js";', /nowhere\.js/],
  ])("fails with the program's own words: %s", async (_, code, shown) => {
    await withProject(program(code), async ({ pulumi }) => {
      const up = await pulumi(["up", "--yes", "--skip-preview"]);
      expect(up.code).not.toBe(0);
      expect(up.output).toMatch(shown);
    });
  });

  it("runs TypeScript that Node can strip by itself", async () => {
    const files = {
      "package.json": '{"type":"module","main":"index.ts"}',
      "index.ts": "export const answer: number = 42;",
    };
    await withProject({ files }, async ({ pulumi }) => {
      await expectSuccess(pulumi(["up", "--yes", "--skip-preview"]));
      const outputs = await expectSuccess(pulumi(["stack", "output", "answer"]));
      expect(outputs.stdout.trim()).toBe("42");
    });
  });

  it("tells about the runtime and the program's packages", async () => {
    await withProject(program(""), async ({ pulumi }) => {
      const { stdout } = await expectSuccess(pulumi(["about", "--json"]));
      expect(JSON.parse(stdout).runtime).toMatchObject({ language: "nodejs", version: process.version });
    });
  });
});

suite("what reaches a program", () => {
  const shown = (project: Project, env: Record<string, string>): Promise<Record<string, string>> =>
    expectSuccess(project.pulumi(["up", "--yes", "--skip-preview"], env))
      .then(() => expectSuccess(project.pulumi(["stack", "output", "--json"])))
      .then(({ stdout }) => JSON.parse(stdout).names);

  it("is an allow-list of the environment, to which a project adds names but no secrets of ours", async () => {
    const secrets = {
      PULUMI_ACCESS_TOKEN: "x",
      ROOST_MASTER_KEY: "x",
      DATABASE_URL: "x",
      PGPASSWORD: "x",
      OTHER: "x",
      MINE_A: "x",
    };
    const code = "export const names = Object.keys(process.env);";
    const yaml =
      "name: example\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n    environment: ";
    const files = (asked: string): { files: Record<string, string> } => ({
      files: { ...program(code).files, "Pulumi.yaml": `${yaml}${JSON.stringify(asked)}\n` },
    });
    await withProject(files(""), async (project) => {
      const names = await shown(project, secrets);
      expect(names).toContain("PATH");
      for (const name of [...Object.keys(secrets), "PULUMI_CONFIG_PASSPHRASE"])
        expect(names).not.toContain(name);
    });
    await withProject(files("MINE_* ROOST_MASTER_KEY PG*, PULUMI_*"), async (project) => {
      const names = await shown(project, secrets);
      expect(names).toContain("MINE_A");
      for (const name of Object.keys(secrets).filter((each) => each !== "MINE_A")) {
        expect(names).not.toContain(name);
      }
      expect(names).not.toContain("PULUMI_CONFIG_PASSPHRASE");
    });
  });
});
