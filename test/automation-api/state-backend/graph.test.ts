import { describe, expect, it } from "@jest/globals";
import { graphOfState } from "../../../automation-api/state-backend/graph.ts";

const urn = (type: string, name: string) => `urn:pulumi:dev::shop::${type}::${name}`;
const root = urn("pulumi:pulumi:Stack", "shop-dev");
const provider = urn("pulumi:providers:aws", "default_7_48_0");
const ireland = urn("pulumi:providers:aws", "ireland");
const secret = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "canary",
};
const bucket = urn("aws:s3/bucket:Bucket", "files");
const policy = urn("aws:s3/bucketPolicy:BucketPolicy", "files-policy");

const resources = [
  { urn: root, type: "pulumi:pulumi:Stack", outputs: { url: "http://x", key: secret } },
  { urn: provider, type: "pulumi:providers:aws", custom: true, parent: root },
  { urn: ireland, type: "pulumi:providers:aws", custom: true, parent: root, inputs: { region: "eu-west-1" } },
  {
    ...{ urn: bucket, type: "aws:s3/bucket:Bucket", custom: true, id: "files-1", protect: true },
    ...{ parent: root, provider: `${provider}::1`, inputs: { bucket: "files", tags: { key: secret } } },
  },
  {
    ...{ urn: policy, type: "aws:s3/bucketPolicy:BucketPolicy", custom: true, parent: bucket },
    ...{ provider: `${ireland}::2`, inputs: { bucket: "files-1" } },
    ...{ dependencies: [bucket], propertyDependencies: { bucket: [bucket], policy: null } },
  },
  { urn: urn("aws:ec2/vpc:Vpc", "read"), type: "aws:ec2/vpc:Vpc", custom: true, id: "vpc-1", external: true },
  { urn: urn("aws:ec2/vpc:Vpc", "old"), type: "aws:ec2/vpc:Vpc", custom: true, delete: true },
  { urn: urn("shop:index:Shop", "shop"), type: "shop:index:Shop", inputs: {} },
];

describe("graphOfState", () => {
  const names = { project: "shop", stack: "dev" };
  const manifest = { time: "", magic: "", version: "" };
  const graph = graphOfState({ version: 3, deployment: { manifest, resources } }, names);
  const find = (name: string) => graph.resources.find((each) => each.name === name);

  it("holds what a program declared: not the stack, default providers, or what is yet to be deleted", () => {
    expect(graph.resources.map(({ name, custom }) => [name, custom])).toEqual([
      ["ireland", true],
      ["files", true],
      ["files-policy", true],
      ["read", true],
      ["shop", false],
    ]);
  });

  it("tells what is made from what, and of secrets nothing", () => {
    expect(find("files")).toEqual({
      ...{ urn: bucket, type: "aws:s3/bucket:Bucket", name: "files", custom: true },
      ...{ inputs: { bucket: "files", tags: { key: "[secret]" } }, references: {}, dependsOn: [] },
      options: { protect: true },
    });
    expect(find("files-policy")).toMatchObject({
      ...{ parent: bucket, references: { bucket: [bucket] }, dependsOn: [bucket] },
      options: { provider: `${ireland}::2` },
    });
    expect(find("read")).toMatchObject({ read: "vpc-1" });
    expect(graph.outputs).toEqual({ url: "http://x", key: "[secret]" });
    expect(JSON.stringify(graph)).not.toContain("canary");
  });

  it("is empty for a stack that was never updated", () => {
    expect(graphOfState({ version: 3, deployment: null }, names).resources).toEqual([]);
  });
});
