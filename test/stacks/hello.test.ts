import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, jest } from "@jest/globals";
import { installProviders } from "../../plugins/install.ts";
import {
  expectSuccess,
  type Project,
  reasonWithoutEngine,
  repository,
  withProject,
} from "../support/engine.ts";

jest.setTimeout(240_000);

const reason = reasonWithoutEngine();
const withEngine = reason === undefined ? describe : describe.skip;

/** The root folder's project file, with its programs and plugins, on a state and a data folder of its own. */
async function withRootProject(body: (project: Project, dataFolder: string) => Promise<void>): Promise<void> {
  const file = readFileSync(join(repository, "Pulumi.yaml"), "utf8");
  await withProject({ files: { "Pulumi.yaml": file } }, async (project) => {
    for (const name of ["stacks", "plugins"]) symlinkSync(join(repository, name), join(project.folder, name));
    await installProviders(project.home);
    const dataFolder = join(project.root, "data");
    mkdirSync(dataFolder);
    // Services of a superuser run as users of their own, who must be able to pass through.
    for (const folder of [project.root, dataFolder]) chmodSync(folder, 0o711);
    project.env.ROOST_SERVICES_DIR = dataFolder;
    try {
      await body(project, dataFolder);
    } finally {
      await project.pulumi(["destroy", "--yes"]);
    }
  });
}

async function facts(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${url}/facts`)).json()) as Record<string, unknown>;
}

withEngine("pulumi up in the root folder deploys hello", () => {
  it("previews, deploys, changes its message, scales, keeps its secret, and leaves nothing", () =>
    withRootProject(async (project, dataFolder) => {
      const pulumi = (...args: string[]) => expectSuccess(project.pulumi(args));
      const outputs = async () =>
        JSON.parse((await pulumi("stack", "output", "--json")).stdout) as {
          url: string;
          urls: string[];
          receipt: string;
        };

      const preview = await pulumi("preview");
      expect(preview.output).toMatch(/roost:local:Service\s+web-1/);
      expect(preview.output).toMatch(/command:local:Command\s+receipt/);
      await pulumi("up", "--yes", "--skip-preview");
      const first = await outputs();
      expect(await (await fetch(first.url)).text()).toMatch(/<h1>Hello from Roost<\/h1>/);
      expect(await facts(first.url)).toMatchObject({ replica: 1, apiKey: "not given" });
      expect(first.receipt).toContain(first.url);

      await pulumi("config", "set", "message", "<b>Good morning</b>");
      await pulumi("config", "set", "replicas", "2");
      await pulumi("config", "set", "--secret", "apiKey", "canary-api-key-2208");
      const change = await pulumi("preview", "--diff");
      expect(change.output).toContain("Good morning");
      const update = await pulumi("up", "--yes", "--skip-preview");
      const second = await outputs();
      expect(second.urls).toHaveLength(2);
      expect(second.url).toBe(first.url);
      expect(await (await fetch(second.url)).text()).toContain("&#60;b&#62;Good morning");
      for (const [index, url] of second.urls.entries()) {
        expect(await facts(url)).toMatchObject({ replica: index + 1, apiKey: "given" });
        expect(JSON.stringify(await facts(url)) + (await (await fetch(url)).text())).not.toContain("canary");
      }
      expect(change.output + update.output + JSON.stringify(await project.exported())).not.toContain(
        "canary",
      );
      expect((await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")).code).toBe(0);

      await pulumi("destroy", "--yes", "--skip-preview");
      for (const url of second.urls) await expect(fetch(url)).rejects.toThrow();
      expect(readdirSync(join(dataFolder, "services")).filter((name) => !name.startsWith("."))).toEqual([]);
    }));

  it("names all faults of a configuration at once, and touches nothing", () =>
    withRootProject(async (project, dataFolder) => {
      await expectSuccess(project.pulumi(["config", "set", "replicas", "11"]));
      await expectSuccess(project.pulumi(["config", "set", "colour", "red"]));
      await expectSuccess(project.pulumi(["config", "set", "apiKey", "in-the-clear"]));
      const { code, output } = await project.pulumi(["up", "--yes", "--skip-preview"]);
      expect(code).not.toBe(0);
      for (const fault of [/replicas: .*10/, /colour: is not known/, /apiKey: must be given as a secret/]) {
        expect(output).toMatch(fault);
      }
      await expectSuccess(project.pulumi(["config", "set", "roost:program", "nothing"]));
      expect((await project.pulumi(["preview"])).output).toContain('no builtin program "nothing"');
      expect(readdirSync(dataFolder)).toEqual([]);
    }));
});
