// AWS's own linter for templates, with its schemas of every region: what it refuses CloudFormation would too.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { toCloudFormation } from "../../../stacks/export/cloudformation.ts";
import { run } from "../../../toolchain/bootstrap/process.mjs";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { pythonPrograms } from "../../support/python.ts";
import { keptGraphs } from "../kept-graphs.ts";

/** The linter and all that it needs, so that a new version of one of them changes nothing here. */
const PACKAGES = [
  "cfn-lint==1.58.0",
  "jsonpatch==1.47",
  "jsonpointer==3.12",
  "mpmath==1.3.0",
  "networkx==3.6.1",
  "PyYAML==6.0.3",
  "regex==2026.11.15",
  "sympy==1.14.0",
  "typing_extensions==4.16.0",
];

const reason = reasonToSkip("python3-venv");

const folder = mkdtempSync(join(tmpdir(), "roost-cfn-lint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Errors, as `file: rule: message`; the linter tells warnings in its own way and only when asked. */
async function lint(region: string, files: string[]): Promise<string[]> {
  const linter = join(await pythonPrograms(...PACKAGES), "cfn-lint");
  const found: string[] = [];
  const { code, tail } = await run(
    linter,
    ["--regions", region, "--ignore-checks", "W", "--format", "parseable", "--template", ...files],
    { limitMs: 240_000, onLine: (line) => found.push(line) },
  );
  // 0: nothing found; 2 and more: bits for errors, warnings, informations; anything else is its own failure.
  if (code !== 0 && !found.some((line) => /:[EWI]\d{4}:/.test(line))) throw new Error(tail.join("\n"));
  return found.map((line) => {
    const [file = "", , , , , rule, ...message] = line.split(":");
    return `${basename(file)}: ${rule}: ${message.join(":")}`;
  });
}

(reason ? describe.skip : describe)("cfn-lint", () => {
  const templates = keptGraphs().flatMap(([name, graph]) =>
    Object.entries(toCloudFormation(graph).templates).map(([region, template]) => {
      const file = join(folder, `${name}-${region}.json`);
      return { file, template, region: region === "us-east-1" ? region : "eu-west-1" };
    }),
  );

  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    for (const { file, template } of templates) writeFileSync(file, JSON.stringify(template));
  });

  it.each(["eu-west-1", "us-east-1"])(
    "accepts every export of our stacks: %s",
    async (region) => {
      const files = templates.filter((each) => each.region === region).map(({ file }) => file);
      expect(files.length).toBeGreaterThanOrEqual(6);
      expect(await lint(region, files)).toEqual([]);
    },
    300_000,
  );

  it("refuses a wrong name, a wrong value and a reference to nothing", async () => {
    const file = join(folder, "wrong.json");
    const vpc = {
      Type: "AWS::EC2::VPC",
      Properties: { CidrBlok: "10.0.0.0/16", EnableDnsSupport: "perhaps" },
    };
    const subnet = {
      Type: "AWS::EC2::Subnet",
      Properties: { VpcId: { Ref: "Nothing" }, CidrBlock: "10.0.0.0/24" },
    };
    writeFileSync(file, JSON.stringify({ Resources: { Vpc: vpc, Subnet: subnet } }));
    const rules = (await lint("eu-west-1", [file])).map((line) => line.split(": ")[1]);
    expect(new Set(rules)).toEqual(new Set(["E1020", "E3002", "E3012", "E3014"]));
  }, 300_000);
});
