import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { writeGraph } from "../../../components/testing/index.ts";
import { graphOf, resource } from "../../stacks/export/graph.ts";
import { projectFolder } from "../../support/database.ts";
import { roost, temporaryFolder } from "./terminal.ts";

const example = path.join(projectFolder, "stacks/static-site/examples/production.yaml");
const site = ["export", "static-site", "--config", example, "--format", "cloudformation"];

describe("roost export", () => {
  it("prints the largest template, and says that there is another", async () => {
    const { code, stdout, stderr } = await roost(site);
    expect([code, stderr]).toEqual([0, "us-east-1 has a document of its own: see --out.\n"]);
    expect(JSON.parse(stdout)).toMatchObject({ AWSTemplateFormatVersion: "2010-09-09" });
  });

  it("writes each template to a file", async () => {
    const folder = path.join(await temporaryFolder(), "build");
    const { code, stdout } = await roost([...site, "--out", folder]);
    const files = (await readdir(folder)).sort();
    expect(files).toEqual(["cloudformation-home.json", "cloudformation-us-east-1.json"]);
    expect(stdout.trim().split("\n").sort()).toEqual(files.map((file) => path.join(folder, file)));
    expect(JSON.parse(await readFile(path.join(folder, files[0]!), "utf8")).Resources).toBeDefined();
    expect(code).toBe(0);
  });

  it("prints a plan of Terraform", async () => {
    const { code, stdout, stderr } = await roost([...site.slice(0, -1), "terraform-plan"]);
    expect([code, stderr]).toEqual([0, ""]);
    const { resource_changes } = JSON.parse(stdout);
    expect(resource_changes).toContainEqual(expect.objectContaining({ type: "aws_cloudfront_distribution" }));
  });

  it("names a region for what names none", async () => {
    const { documents } = (await roost([...site, "--region", "eu-west-1", "--json"])).json<{
      documents: { name: string }[];
    }>();
    expect(documents.map(({ name }) => name).sort()).toEqual(["eu-west-1", "us-east-1"]);
  });

  const odd = writeGraph(
    graphOf(resource("aws:ec2/vpc:Vpc", "net", { colour: "red" }), resource("aws:no/such:Such", "one", {})),
  );
  const stored = ["export", "--graph", "-", "--format", "cloudformation"];

  it("lists what has no counterpart, and writes nothing", async () => {
    const { code, stdout, stderr } = await roost(stored, { stdin: odd });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^unmapped: urn:\S+::net colour: no property of AWS::EC2::VPC is known for it$/m);
    expect(stderr).toMatch(/^unmapped: urn:\S+::one: no type of CloudFormation is known for it$/m);
  });

  it("leaves it out when that is allowed", async () => {
    const { code, stdout, stderr } = await roost([...stored, "--allow-unmapped"], { stdin: odd });
    expect(code).toBe(0);
    expect(stderr).toContain("unmapped: ");
    expect(Object.keys(JSON.parse(stdout).Resources)).toEqual(["NetVPC"]);
  });

  it.each([
    [["export", "hello", "--format", "cloudformation"], "no resources on AWS"],
    [["export", "--format", "cloudformation"], "one of a program, --graph"],
    [["export", "hello", "--graph", "x", "--format", "cloudformation"], "one of a program, --graph"],
    [["export", "--graph", "-", "--config", "x", "--format", "cloudformation"], "--config is for a program"],
    [["export", "hello"], "--format"],
    [["export", "hello", "--format", "pdf"], "--format"],
    [["export", "--graph", "-", "--format", "cloudformation"], "JSON"],
  ])("%j is refused: %s", async (args, reason) => {
    const { code, stderr } = await roost(args);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });
});
