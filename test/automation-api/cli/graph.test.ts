import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { readStackFile } from "../../../automation-api/cli/stack-file.ts";
import { type Graph, readGraph } from "../../../components/testing/index.ts";
import { projectFolder } from "../../support/database.ts";
import { expectGolden } from "../../support/golden.ts";
import { roost, temporaryFolder } from "./terminal.ts";

const example = (program: string, stack: string) =>
  path.join(projectFolder, "stacks", program, "examples", `${stack}.yaml`);

async function stackFile(text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), "Pulumi.dev.yaml");
  await writeFile(file, text);
  return file;
}

describe("roost graph", () => {
  const production = ["graph", "static-site", "--config", example("static-site", "production")];

  it("prints the whole graph, without a server", async () => {
    const { code, stdout } = await roost([...production, "--stack", "production"]);
    expect(code).toBe(0);
    expectGolden(readGraph(stdout), "test/stacks/fixtures/static-site-production.json");
  });

  it("prints a flowchart with each resource once", async () => {
    const { resources } = (await roost([...production, "--json"])).json<Graph & Record<string, unknown>>();
    const { code, stdout } = await roost([...production, "--format", "mermaid"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^flowchart LR\n/);
    for (const { name } of resources) expect(stdout).toContain(`["${name}<br/>`);
    expect(stdout.match(/\["/g)).toHaveLength(resources.length);
    expect(stdout.match(/subgraph/g)).toHaveLength(stdout.match(/^ *end$/gm)!.length);
  });

  it("shows a program of this machine by its defaults", async () => {
    const { resources } = (await roost(["graph", "hello"])).json<Graph & Record<string, unknown>>();
    expect(resources.map(({ type }) => type).sort()).toEqual([
      "command:local:Command",
      "roost:local:Service",
    ]);
  });

  it("names all faults of a configuration at once", async () => {
    const file = await stackFile("config:\n  roost:stage: test\n  roost:image: shop:latest\n");
    const { code, stderr, stdout } = await roost(["graph", "web-service", "--config", file]);
    expect([code, stdout]).toEqual([2, ""]);
    for (const field of ["stage", "image", "zones", "accountId", "domain", "alarms"]) {
      expect(stderr).toContain(`  ${field}: must be `);
    }
    const { error } = (await roost(["graph", "web-service", "--json"])).json<{
      error: { faults: object[] };
    }>();
    expect(error.faults).toContainEqual({ field: "stage", message: 'must be "dev" or "production"' });
  });

  it.each([
    [["graph", "nothing"], 'there is no builtin program "nothing"'],
    [["graph", "hello", "--config", "/nonexistent/x.yaml"], "cannot be read (ENOENT)"],
    [
      ["graph", "hello", "--config", example("static-site", "dev")],
      "is for the program static-site, not hello",
    ],
    [["graph", "hello", "--format", "picture"], "Allowed choices are json, mermaid"],
    [["graph", "hello", "--format", "mermaid", "--json"], "--format json only"],
  ])("ends %j with exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await roost(args);
    expect([code, `${stdout}${stderr}`]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("readStackFile", () => {
  it("sees values as a program does: scalars as they are written, lists and objects whole", () => {
    const text = `
config:
  roost:program: hello
  roost:accountId: 011122223333
  roost:isOn: true
  roost:zones: [a, b]
  roost:size: { cpu: 256 }
  aws:region: eu-west-1
  plain: "x"
encryptionsalt: v1:salt
`;
    expect(readStackFile(text)).toEqual({
      program: "hello",
      values: { accountId: "011122223333", isOn: "true", zones: ["a", "b"], size: { cpu: 256 }, plain: "x" },
      secretKeys: [],
    });
  });

  it("says which values are encrypted", () => {
    expect(readStackFile("config:\n  roost:apiKey:\n    secure: v1:abc\n")).toEqual({
      values: { apiKey: "[secret]" },
      secretKeys: ["apiKey"],
    });
  });

  it.each([
    ["- a", 'has no map "config"'],
    ["config: 1", 'has no map "config"'],
    ["a: [", "is no sound YAML"],
    ["", "has no map"],
  ])("refuses %j", (text, message) => {
    expect(() => readStackFile(text)).toThrow(message);
  });
});
