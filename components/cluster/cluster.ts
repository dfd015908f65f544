import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Cluster as VendorCluster } from "@pulumi/aws/ecs/cluster.js";
import { ClusterCapacityProviders } from "@pulumi/aws/ecs/clusterCapacityProviders.js";
import { Key } from "@pulumi/aws/kms/key.js";
import { HttpNamespace } from "@pulumi/aws/servicediscovery/httpNamespace.js";
import { ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { refuse } from "../faults.ts";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { override } from "../overrides.ts";
import { partitionOf } from "../regions.ts";
import { type ClusterArgs, type ClusterExecArgs, InsightLevel } from "./args.ts";
import { checkCluster } from "./check.ts";

/**
 * A Fargate cluster, on demand and Spot, with a namespace in which its services find each other. Shells in
 * containers are off; when they are allowed, sessions are encrypted with a key and logged.
 *
 * ```ts
 * const cluster = new Cluster("main", { accountId: "111122223333", region: "eu-west-1" });
 * ```
 *
 * A month: the cluster itself nothing; enhanced insights by the number of tasks; with `exec` 1 USD for the key.
 */
export class Cluster extends ComponentResource {
  readonly arn: Output<string>;
  readonly name: Output<string>;
  readonly region: Output<string>;
  readonly accountId: Output<string>;
  /** Cloud Map namespace of Service Connect. */
  readonly namespaceArn: Output<string>;
  /** Key of exec sessions; empty without `exec`. */
  readonly execKeyArn: Output<string>;
  /** Log group of exec sessions; empty without `exec`. */
  readonly execLogGroupArn: Output<string>;

  constructor(name: string, args: ClusterArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:Cluster", name, {}, opts);
    refuse("Cluster", name, checkCluster(args));

    const { overrides, tags } = args;
    const parent = this;
    const namespace = makeNamespace();
    const exec = args.exec && makeExec(args.exec);
    const cluster = makeCluster();
    makeCapacity();

    this.arn = cluster.arn;
    this.name = cluster.name;
    this.region = output(args.region);
    this.accountId = output(args.accountId);
    this.namespaceArn = namespace.arn;
    this.execKeyArn = exec?.keyArn ?? output("");
    this.execLogGroupArn = exec?.logGroup.arn ?? output("");
    this.registerOutputs({
      arn: this.arn,
      name: this.name,
      region: this.region,
      accountId: this.accountId,
      namespaceArn: this.namespaceArn,
      execKeyArn: this.execKeyArn,
      execLogGroupArn: this.execLogGroupArn,
    });

    function makeNamespace(): HttpNamespace {
      const settings = { description: `Services of cluster ${name}`, tags };
      return new HttpNamespace(`${name}-namespace`, override(overrides, "namespace", settings), { parent });
    }

    function makeCluster(): VendorCluster {
      return new VendorCluster(
        `${name}-cluster`,
        override(overrides, "cluster", {
          settings: [{ name: "containerInsights", value: args.insights ?? InsightLevel.enhanced }],
          serviceConnectDefaults: { namespace: namespace.arn },
          ...((exec || args.storageKmsKeyArn) && {
            configuration: {
              ...(exec && {
                executeCommandConfiguration: {
                  kmsKeyId: exec.keyArn,
                  logging: "OVERRIDE",
                  logConfiguration: {
                    cloudWatchEncryptionEnabled: true,
                    cloudWatchLogGroupName: exec.logGroup.name,
                  },
                },
              }),
              ...(args.storageKmsKeyArn && {
                managedStorageConfiguration: { fargateEphemeralStorageKmsKeyId: args.storageKmsKeyArn },
              }),
            },
          }),
          tags,
        }),
        { parent },
      );
    }

    /** Both kinds are there; each service says how much of which it takes. */
    function makeCapacity(): void {
      new ClusterCapacityProviders(
        `${name}-capacity`,
        override(overrides, "capacity", {
          clusterName: cluster.name,
          capacityProviders: ["FARGATE", "FARGATE_SPOT"],
          defaultCapacityProviderStrategies: [{ capacityProvider: "FARGATE", base: 1, weight: 1 }],
        }),
        { parent },
      );
    }

    function makeExec({ kmsKeyArn, retentionDays = DEFAULT_RETENTION_DAYS }: ClusterExecArgs) {
      const keyArn = output(kmsKeyArn ?? makeKey().arn);
      const logGroup = new LogGroup(
        `${name}-exec-logs`,
        override(overrides, "execLogGroup", { retentionInDays: retentionDays, kmsKeyId: keyArn, tags }),
        { parent },
      );
      return { keyArn, logGroup };
    }

    function makeKey(): Key {
      return new Key(
        `${name}-exec-key`,
        override(overrides, "execKey", {
          description: `Exec sessions of cluster ${name} and their log`,
          enableKeyRotation: true,
          deletionWindowInDays: 30,
          policy: JSON.stringify(execKeyPolicy(args.accountId, args.region)),
          tags,
        }),
        { parent },
      );
    }
  }
}

/**
 * The account decides by its own policies; the log service may use the key for groups of this account.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function execKeyPolicy(accountId: string, region: string) {
  const partition = partitionOf(region);
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "AccountDecides",
        Effect: "Allow",
        Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
        Action: "kms:*",
        Resource: "*",
      },
      {
        Sid: "SessionLogs",
        Effect: "Allow",
        Principal: { Service: `logs.${region}.amazonaws.com` },
        Action: ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        Resource: "*",
        Condition: {
          ArnLike: { "kms:EncryptionContext:aws:logs:arn": `arn:${partition}:logs:${region}:${accountId}:*` },
        },
      },
    ],
  };
}
