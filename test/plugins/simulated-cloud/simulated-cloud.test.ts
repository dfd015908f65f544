import { describe, expect, it } from "@jest/globals";
import type { Context, Properties } from "../../../plugins/provider/index.ts";
import { simulateCloud } from "../../../plugins/simulated-cloud/index.ts";

const context = (type: string, name = "main") => ({ type, name, urn: `urn:${type}::${name}` }) as Context;

async function differences(type: string, oldInputs: Properties, inputs: Properties) {
  const { otherwise } = simulateCloud().provider;
  return otherwise!.diff!(context(type), { id: "x", inputs, oldInputs, state: oldInputs });
}

describe("a simulated cloud", () => {
  it("fills in what the cloud would, by the types of the npm package", async () => {
    const { provider } = simulateCloud();
    const make = (type: string, inputs: Properties) => provider.otherwise!.create(context(type), { inputs });
    const { state: vpc } = await make("aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16", tags: { a: "b" } });
    expect(vpc).toMatchObject({
      cidrBlock: "10.0.0.0/16",
      arn: expect.stringMatching(/^arn:aws:ec2:eu-west-1:111122223333:vpc\/vpc-main-[0-9a-f]{17}$/),
      mainRouteTableId: expect.any(String),
      enableDnsHostnames: false,
      tagsAll: { a: "b" },
    });
    expect(Object.keys(vpc)).not.toContain("ipv4IpamPoolId");
    const { state: origin } = await make("azure-native:cdn:AFDOrigin", { originName: "web" });
    expect(origin).toMatchObject({ originName: "web", provisioningState: expect.any(String) });
    const { state: map } = await make("kubernetes:core/v1:ConfigMap", { metadata: { name: "web" } });
    expect(map).toMatchObject({ metadata: { name: "web", namespace: "default", uid: expect.any(String) } });
  });

  it("gives a replacement an id of its own", async () => {
    const { provider } = simulateCloud();
    const make = () => provider.otherwise!.create(context("aws:sns/topic:Topic"), { inputs: {} });
    expect((await make()).id).not.toBe((await make()).id);
  });

  it("refuses a type that the package does not have", async () => {
    const { provider } = simulateCloud();
    const make = (type: string) => provider.otherwise!.create(context(type), { inputs: {} });
    await expect(make("azure-native:cdn:Nothing")).rejects.toThrow("has no type azure-native:cdn:Nothing");
    await expect(make("aws:ec2/nothing:Nothing")).rejects.toThrow("ENOENT");
  });

  it.each([
    ["aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16" }, { cidrBlock: "10.1.0.0/16" }, true],
    ["aws:ec2/vpc:Vpc", { tags: { a: "1" } }, { tags: { a: "2" } }, false],
    // A path stands for what is below it, not for what begins like it.
    [
      "kubernetes:apps/v1:Deployment",
      { spec: { selector: { a: 1 } } },
      { spec: { selector: { a: 2 } } },
      true,
    ],
    ["kubernetes:apps/v1:Deployment", { spec: { selectorX: 1 } }, { spec: { selectorX: 2 } }, false],
    ["aws:lb/targetGroup:TargetGroup", { port: 1 }, { port: 2 }, true],
    ["aws:lb/targetGroup:TargetGroup", { portX: 1 }, { portX: 2 }, false],
  ])("%s from %j to %j is made anew: %s", async (type, before, after, replace) => {
    const { changes } = await differences(type, before, after);
    expect(Object.values(changes)).toEqual([{ kind: "update", replace }]);
  });

  it.each([
    ["aws:iam/role:Role", { path: "/" }, { path: "/x" }, false],
    ["aws:iam/role:Role", { path: "/", name: "a" }, { path: "/x", name: "a" }, true],
    ["aws:iam/role:Role", { path: "/", name: "a" }, { path: "/x", name: "b" }, false],
  ])("%s from %j to %j is deleted first: %s", async (type, before, after, first) => {
    expect((await differences(type, before, after)).deleteBeforeReplace).toBe(first);
  });

  it("names a Kubernetes object once, the same in previews and updates", async () => {
    const check = simulateCloud().provider.otherwise!.check!;
    const request = { inputs: {}, oldInputs: undefined, randomSeed: new Uint8Array(32) };
    const { inputs } = await check(context("kubernetes:core/v1:Service"), request);
    expect(inputs).toEqual({ metadata: { name: "main-00000000" } });
    const later = { ...request, oldInputs: inputs, randomSeed: new Uint8Array(32).fill(1) };
    expect((await check(context("kubernetes:core/v1:Service"), later)).inputs).toEqual(inputs);
  });
});
