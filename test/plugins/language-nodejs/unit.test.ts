import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { programDependencies } from "../../../plugins/language-nodejs/dependencies.ts";
import { readOptions } from "../../../plugins/language-nodejs/options.ts";
import { requiredPackages } from "../../../plugins/language-nodejs/packages.ts";
import { programCommand } from "../../../plugins/language-nodejs/run.ts";
import { repository } from "../../support/engine.ts";

async function withFolder<T>(
  files: Record<string, unknown>,
  body: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "program-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), JSON.stringify(content));
  }
  return body(folder).finally(() => rm(folder, { recursive: true }));
}

describe("the packages of a program", () => {
  const files = {
    "package.json": { dependencies: { "@pulumi/command": "1.2.1", later: "^2.0.0" } },
    "node_modules/.package-lock.json": {
      packages: {
        "node_modules/@pulumi/command": { version: "1.2.1" },
        "node_modules/deep": { version: "3.0.0" },
      },
    },
    "node_modules/@pulumi/command/package.json": {
      name: "@pulumi/command",
      version: "1.2.1",
      pulumi: { resource: true, name: "command", version: "1.2.1" },
    },
    "node_modules/plain/package.json": { name: "plain", version: "1.0.0" },
    "node_modules/plain/node_modules/@own/cloud/package.json": {
      name: "@own/cloud",
      version: "0.3.0",
      pulumi: { resource: true, server: "https://example.com" },
    },
    "node_modules/broken/package.json": "",
  };

  it("name the provider plugins they need, at any depth, and a circle of links does no harm", async () => {
    await withFolder(files, async (folder) => {
      await symlink(folder, join(folder, "node_modules/circle"));
      const found = (await requiredPackages(folder)).map((each) => [
        each.getName(),
        each.getVersion(),
        each.getServer(),
      ]);
      expect(found.sort()).toEqual([
        ["cloud", "v0.3.0", "https://example.com"],
        ["command", "v1.2.1", ""],
      ]);
    });
    expect(await requiredPackages("/nowhere")).toEqual([]);
  });

  it("are listed with the installed version, and as asked for where nothing is installed", async () => {
    await withFolder(files, async (folder) => {
      const listed = async (transitive: boolean) =>
        (await programDependencies(folder, transitive)).map(
          (each) => `${each.getName()} ${each.getVersion()}`,
        );
      expect(await listed(false)).toEqual(["@pulumi/command 1.2.1", "later ^2.0.0"]);
      expect(await listed(true)).toEqual(["@pulumi/command 1.2.1", "deep 3.0.0"]);
    });
  });
});

describe("running a program", () => {
  const info = (options: Record<string, structs.JavaScriptValue>): messages.ProgramInfo =>
    new messages.ProgramInfo()
      .setRootDirectory(repository)
      .setProgramDirectory(repository)
      .setEntryPoint("index.js")
      .setOptions(structs.Struct.fromJavaScript(options));

  it.each([
    [{}, { typescript: true, nodeArguments: [], packageManager: "npm" }],
    [
      { typescript: false, nodeargs: "--a  --b=1", packagemanager: "pnpm" },
      { typescript: false, nodeArguments: ["--a", "--b=1"], packageManager: "pnpm" },
    ],
    [
      { typescript: "false", tsconfig: "other.json" },
      { typescript: false, tsconfig: "other.json" },
    ],
  ])("takes the options %j", (options, expected) => {
    expect(readOptions(info(options))).toMatchObject(expected);
  });

  it("passes on where the engine is, what is previewed, and the configuration apart from the command line", () => {
    const request = new messages.RunRequest().setProject("p").setStack("s").setDryrun(true).setParallel(4);
    request
      .setMonitorAddress("monitor")
      .setInfo(info({ nodeargs: "--trace-warnings" }))
      .setArgsList(["extra"]);
    request.getConfigMap().set("p:secret", "canary");
    request.setConfigsecretkeysList(["p:secret"]);
    const { command, env, cwd } = programCommand(request, "engine", readOptions(request.getInfo()));
    expect(cwd).toBe(repository);
    expect(command.slice(0, 2)).toEqual([process.execPath, "--trace-warnings"]);
    expect(command.slice(3).join(" ")).toBe(
      `--monitor monitor --engine engine --project p --root-directory ${repository} --stack s --pwd ${repository} --parallel 4 --dry-run index.js extra`,
    );
    expect(command.join(" ")).not.toContain("canary");
    expect(env).toMatchObject({
      PULUMI_CONFIG: '{"p:secret":"canary"}',
      PULUMI_CONFIG_SECRET_KEYS: '["p:secret"]',
    });
  });
});
