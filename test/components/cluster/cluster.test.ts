import { describe, expect, it } from "@jest/globals";
import { CLUSTER_ROLES } from "../../../components/cluster/check.ts";
import { Cluster, type ClusterArgs } from "../../../components/index.ts";
import { children, find, namingFaults, record } from "../../../components/testing/index.ts";

const place = { accountId: "111122223333", region: "eu-west-1" };
const cluster = (args: Partial<ClusterArgs> = {}) =>
  record(() => {
    const { arn, namespaceArn, execKeyArn, region } = new Cluster("main", { ...place, ...args });
    return { arn, namespaceArn, execKeyArn, region };
  });

describe("Cluster", () => {
  it("makes exactly a cluster with both kinds of capacity and a namespace", async () => {
    const graph = await cluster();
    expect(children(graph, "main")).toEqual([
      "aws:ecs/cluster:Cluster main-cluster",
      "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders main-capacity",
      "aws:servicediscovery/httpNamespace:HttpNamespace main-namespace",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(find(graph, "aws:ecs/cluster:Cluster").inputs).toEqual({
      settings: [{ name: "containerInsights", value: "enhanced" }],
      serviceConnectDefaults: {
        namespace: "arn:aws:servicediscovery:eu-west-1:111122223333:httpNamespace/main-namespace",
      },
    });
    expect(graph.outputs).toMatchObject({ execKeyArn: "", region: "eu-west-1" });
  });

  it("allows shells only encrypted and logged", async () => {
    const graph = await cluster({ exec: {} });
    const key = "arn:aws:kms:eu-west-1:111122223333:key/main-exec-key";
    expect(find(graph, "aws:kms/key:Key").inputs).toMatchObject({ enableKeyRotation: true });
    expect(find(graph, "aws:cloudwatch/logGroup:LogGroup").inputs).toEqual({
      retentionInDays: 365,
      kmsKeyId: key,
    });
    expect(find(graph, "aws:ecs/cluster:Cluster").inputs.configuration).toEqual({
      executeCommandConfiguration: {
        kmsKeyId: key,
        logging: "OVERRIDE",
        logConfiguration: {
          cloudWatchEncryptionEnabled: true,
          cloudWatchLogGroupName: "main-exec-logs.name",
        },
      },
    });
    const policy = JSON.parse(find(graph, "aws:kms/key:Key").inputs.policy as string);
    expect(policy.Statement[1]).toMatchObject({
      Principal: { Service: "logs.eu-west-1.amazonaws.com" },
      Condition: {
        ArnLike: { "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:111122223333:*" },
      },
    });
    expect(graph.outputs.execKeyArn).toBe(key);
  });

  it("takes a key that is there", async () => {
    const graph = await cluster({ exec: { kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/mine" } });
    expect(graph.resources.filter(({ type }) => type === "aws:kms/key:Key")).toEqual([]);
    expect(graph.outputs.execKeyArn).toBe("arn:aws:kms:eu-west-1:111122223333:key/mine");
  });

  it("knows each role of its children", async () => {
    const overrides = Object.fromEntries(CLUSTER_ROLES.map((role) => [role, { region: "marked" }]));
    const graph = await cluster({ exec: {}, overrides });
    expect(graph.resources.filter(({ inputs }) => inputs.region === "marked")).toHaveLength(
      CLUSTER_ROLES.length,
    );
  });

  it.each<[string, Partial<ClusterArgs>, RegExp]>([
    ["an unknown region", { region: "moon-1" }, /^Cluster "main": region is "moon-1"/],
    ["an account that is none", { accountId: "12" }, /accountId is "12"/],
    [
      "an unknown level",
      { insights: "all" as never },
      /insights is "all"; allowed: one of enhanced, enabled, disabled/,
    ],
    ["a retention that CloudWatch lacks", { exec: { retentionDays: 2 } }, /exec\.retentionDays is 2/],
    ["an unknown role", { overrides: { x: {} } }, /overrides\.x/],
  ])("refuses %s", async (_, args, fault) => {
    await expect(cluster(args)).rejects.toThrow(fault);
  });
});
