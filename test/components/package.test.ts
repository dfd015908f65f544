import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { FargateService, Network } from "../../components/index.ts";
import { record } from "../../components/testing/index.ts";
import { ROOT } from "../../toolchain/found.mjs";
import { packComponents } from "../../toolchain/pack-components.mjs";
import { ComponentHost } from "./component-host.ts";
import { classDocs, exampleModule, examples, pages } from "./examples/examples.ts";
import { cluster, image, network } from "./fargate-service/service-lab.ts";
import { publicComponents } from "./public-components.ts";

jest.setTimeout(240_000);

/** Somebody else's project: outside of this clone, with what an installation of the tarball puts there. */
const project = mkdtempSync(join(tmpdir(), "roost-package-"));
const installed = join(project, "node_modules/roost-components");
const modules = join(ROOT, "node_modules");

beforeAll(async () => {
  const tarball = await packComponents(project);
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  // The dependencies that it names, as they are in this clone; of ours nothing else can be found from there.
  const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  mkdirSync(join(project, "node_modules/@pulumi"));
  mkdirSync(join(project, "node_modules/@types"));
  for (const name of [...Object.keys(dependencies), "typescript", "@types/node"]) {
    symlinkSync(join(modules, name), join(project, "node_modules", name));
  }
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(command: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

const zones = ["eu-west-1a", "eu-west-1b"];

const program = `
import { Egress, Network, type NetworkArgs } from "roost-components";
import { record } from "roost-components/testing";

const args: NetworkArgs = { zones: ${JSON.stringify(zones)}, egress: Egress.natSingle };
// @ts-expect-error: declarations say that zones are a list
const wrong: NetworkArgs = { zones: 2, egress: Egress.none };

const graph = await record(() => ({ vpcId: new Network("network", wrong === args ? wrong : args).vpcId }));
console.log(JSON.stringify(graph));
`;

/** The block of README.md that imports the package. */
function readmeProgram(): string {
  const blocks = readFileSync(join(ROOT, "README.md"), "utf8").split("```ts\n").slice(1);
  const block = blocks.find((each) => each.includes('"roost-components"'));
  if (block === undefined) throw new Error("README.md imports roost-components nowhere");
  return block.split("```")[0]!;
}

const tsconfig = {
  compilerOptions: {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: ["node"],
  },
  files: ["program.ts", "readme.ts", ...examples.map((_, at) => `example-${at}.ts`)],
};

describe("the packed components in a project of somebody else", () => {
  beforeAll(() => {
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "shop", type: "module" }));
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(tsconfig));
    writeFileSync(join(project, "program.ts"), program);
    writeFileSync(join(project, "readme.ts"), readmeProgram());
    const around = readFileSync(join(ROOT, "test/components/examples/around.ts"), "utf8");
    writeFileSync(
      join(project, "around.ts"),
      around.replace("../../../components/index.ts", "roost-components"),
    );
    for (const [at, example] of examples.entries()) {
      writeFileSync(join(project, `example-${at}.ts`), exampleModule(example));
    }
  });

  it("make what they make here", async () => {
    const here = await record(() => ({
      vpcId: new Network("network", { zones, egress: "natSingle" }).vpcId,
    }));
    expect(JSON.parse(run(process.execPath, ["program.ts"]))).toEqual(here);
  });

  it("bring types along, which README.md and each example of class docs and pages keep", () => {
    expect(run(process.execPath, [join(modules, "typescript/bin/tsc"), "-p", "."])).toBe("");
  });

  it("make what README.md says", () => {
    writeFileSync(
      join(project, "record-readme.ts"),
      `import { children, record } from "roost-components/testing";
const graph = await record(async () => ({ ...(await import("./readme.ts")) }));
console.log(JSON.stringify({ outputs: graph.outputs, network: children(graph, "network").length }));`,
    );
    const { outputs, network: parts } = JSON.parse(run(process.execPath, ["record-readme.ts"]));
    expect(outputs).toEqual({ vpcId: "network-vpc.id", bucketName: expect.any(String) });
    expect(parts).toBeGreaterThan(20);
  });

  it("have docs of each: an example, what it costs a month, a page", () => {
    expect(classDocs.map(({ component }) => component).sort()).toEqual(publicComponents);
    for (const { component, text } of classDocs) {
      expect([component, text]).toEqual([
        component,
        expect.stringMatching(/```ts\n.*```\n\nA month[:,].* USD/s),
      ]);
      const page = Object.values(pages).find((each) => each.includes(`new ${component}(`));
      expect([component, page]).toEqual([component, expect.any(String)]);
    }
  });

  it("make what the examples say", () => {
    writeFileSync(
      join(project, "record-examples.ts"),
      `import { record } from "roost-components/testing";
const made = [];
for (let at = 0; at < ${examples.length}; at += 1) {
  const { default: example } = await import(\`./example-\${at}.ts\`);
  const { resources } = await record(example);
  made.push(resources.filter(({ custom, parent }) => !custom && !parent).map(({ type }) => type.split(":")[2]));
}
console.log(JSON.stringify(made));`,
    );
    const made: string[][] = JSON.parse(run(process.execPath, ["record-examples.ts"]));
    for (const [at, { title, code }] of examples.entries()) {
      const wanted = [...code.matchAll(/new (\w+)\(/g)].map(([, component]) => component!).sort();
      expect([title, made[at]!.filter((each) => each !== "Document").sort()]).toEqual([title, wanted]);
    }
  });

  it("hold nothing but what they are", () => {
    const { files, main, exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(files).toEqual(["dist", "src", "host.js", "tsconfig.json", "PulumiPlugin.yaml"]);
    expect([main, Object.keys(exports)]).toEqual(["host.js", [".", "./testing", "./package.json"]]);
    expect(readFileSync(join(installed, "host.js"), "utf8")).toContain('"./dist/index.js"');
  });
});

describe("the packed components as a plugin for other languages", () => {
  const host = new ComponentHost();
  beforeAll(() => host.start([join(modules, "@pulumi/pulumi/cmd/run-plugin"), installed]));
  afterAll(() => host.stop());

  it("tell their schema and construct what is constructed directly", async () => {
    const { name, resources } = await host.schema();
    expect(name).toBe("roost-components");
    expect(Object.keys(resources).sort()).toEqual(
      publicComponents.map((component) => `roost-components:index:${component}`),
    );
    const args = { cluster, network, image, port: 8080, alarms: { choice: "none" as const } };
    const direct = await record(() => void new FargateService("api", args));
    await host.construct("roost-components:index:FargateService", "api", args);
    expect(host.monitor.faults()).toEqual([]);
    expect(host.monitor.resources()).toEqual(direct.resources);
  });
});
