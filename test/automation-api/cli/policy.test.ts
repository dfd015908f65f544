import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { policiesDocument, rules } from "../../../policies/index.ts";
import { given, graphOf } from "../../../policies/testing/index.ts";
import { projectFolder } from "../../support/database.ts";
import { roost, temporaryFolder } from "./terminal.ts";

const example = (stack: string) => path.join(projectFolder, "stacks/static-site/examples", `${stack}.yaml`);
const bad = JSON.stringify({
  format: "roost-graph/1",
  project: "example",
  stack: "dev",
  outputs: {},
  ...graphOf([
    given("aws:kms/key:Key", "key", {}),
    given("aws:ecr/repository:Repository", "images", {
      imageTagMutability: "[unknown]",
      tags: { "roost:stage": "dev" },
    }),
  ]),
});

interface Report {
  counts: Record<string, number>;
  outcomes: { outcome: string; policy: string; name: string; link: string; remediation: string }[];
}

async function fileOf(name: string, text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, text);
  return file;
}

describe("roost policy check", () => {
  it("finds nothing in a stack of ours, and says how much it looked at", async () => {
    const { code, stdout } = await roost([
      "policy",
      "check",
      "static-site",
      "--config",
      example("production"),
      "--stack",
      "production",
    ]);
    expect([code, stdout]).toEqual([0, "85 checks of 43 resources: nothing found\n"]);
  });

  it("shows violations of a recorded graph in a table, fails, and counts what it could not decide", async () => {
    const { code, stdout } = await roost(["policy", "check", "--graph", await fileOf("graph.json", bad)]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/violation +high +keys-and-secrets +Key key +does not rotate/);
    expect(stdout).toMatch(
      /cannot-decide +high +ecr-hygiene +Repository images +imageTagMutability is not known yet/,
    );
    expect(stdout).toMatch(/1 remediation/);
  });

  it("reads a graph from its input, and prints it as JSON with reason and link", async () => {
    const { code, json } = await roost(["policy", "check", "--graph", "-", "--json"], { stdin: bad });
    const { counts, outcomes } = json<Report & Record<string, unknown>>();
    expect(code).toBe(1);
    expect(counts).toEqual({ violation: 1, advisory: 0, "cannot-decide": 1, excepted: 0, remediation: 1 });
    expect(outcomes[0]).toMatchObject({ policy: "ecr-hygiene", outcome: "cannot-decide" });
    expect(outcomes[1]).toMatchObject({
      policy: "keys-and-secrets",
      name: "key",
      link: "docs/policies.md#keys-and-secrets",
    });
    expect(outcomes[1]!.remediation).toContain("enableKeyRotation");
  });

  it("prints SARIF in which every result is of a rule and at a resource", async () => {
    const settings = `keys-and-secrets: {exceptions: [{resource: key, who: ann, why: moving, until: "2999-01-01"}]}`;
    const file = await fileOf("settings.yaml", settings);
    const { code, json } = await roost(["policy", "check", "--graph", "-", "--sarif", "--settings", file], {
      stdin: bad,
    });
    const { version, runs } = json<{ version: string; runs: Sarif[] }>();
    expect([code, version]).toEqual([0, "2.1.0"]);
    const [{ tool, results }] = runs as [Sarif];
    expect(tool.driver.rules).toHaveLength(rules.length);
    for (const { ruleId, ruleIndex, kind, level, locations } of results) {
      expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
      expect(locations[0]!.logicalLocations[0]!.fullyQualifiedName).toMatch(/^urn:pulumi:/);
      expect(kind === "fail").toBe(level !== "none");
    }
    expect(results.find(({ ruleId }) => ruleId === "keys-and-secrets")!.suppressions).toEqual([
      { kind: "external", justification: "moving (ann, until 2999-01-01)" },
    ]);
  });

  it("takes levels from settings, and with --strict fails for what cannot be decided", async () => {
    const args = [
      "policy",
      "check",
      "--graph",
      "-",
      "--settings",
      await fileOf("s.json", '{"all":"advisory"}'),
    ];
    expect((await roost(args, { stdin: bad })).code).toBe(0);
    expect((await roost([...args, "--strict"], { stdin: bad })).code).toBe(1);
  });

  it.each([
    [["policy", "check"], "Name one of a program, --graph"],
    [["policy", "check", "static-site", "--graph", "x"], "Name one of a program, --graph"],
    [["policy", "check", "--graph", "/nowhere"], "--graph: /nowhere cannot be read (ENOENT)"],
    [["policy", "check", "--graph", "-"], "JSON"],
    [["policy", "check", "--graph", "-", "--json", "--sarif"], "Only one of"],
  ])("%j is refused with a reason", async (args, reason) => {
    const { code, stdout, stderr } = await roost(args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(reason);
  });

  it.each([
    ["all: {", "Flow map"],
    ["no-such-policy: disabled", "There is no policy no-such-policy"],
    ["tags: {requird: [owner]}", "requird"],
  ])("settings %j are refused with a reason", async (text, reason) => {
    const { code, stderr } = await roost(
      ["policy", "check", "--graph", "-", "--settings", await fileOf("s.yaml", text)],
      { stdin: bad },
    );
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });
});

interface Sarif {
  tool: { driver: { rules: { id: string }[] } };
  results: {
    ruleId: string;
    ruleIndex: number;
    kind: string;
    level: string;
    locations: { logicalLocations: { fullyQualifiedName: string }[] }[];
    suppressions?: object[];
  }[];
}

describe("roost policy list", () => {
  it("shows every policy", async () => {
    const { stdout } = await roost(["policy", "list"]);
    for (const { id } of rules) expect(stdout).toContain(id);
    expect(
      (await roost(["policy", "list", "--json"])).json<{ length: number } & Record<string, unknown>>().length,
    ).toBe(rules.length);
  });

  it("prints what docs/policies.md holds", async () => {
    const { stdout } = await roost(["policy", "list", "--markdown"]);
    expect(stdout).toBe(policiesDocument(rules));
    expect(await readFile(path.join(projectFolder, "docs/policies.md"), "utf8")).toBe(stdout);
  });
});
