import { describe, expect, it } from "@jest/globals";
import { output } from "@pulumi/pulumi";
import { FILE_SYSTEM_ROLES } from "../../../components/file-system/check.ts";
import {
  AlarmChoice,
  BackupChoice,
  Egress,
  FargateService,
  FileSystem,
  type FileSystemArgs,
  FileThroughput,
  Network,
} from "../../../components/index.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { granted } from "../../support/granted.ts";
import { cluster, image, statements } from "../fargate-service/service-lab.ts";

const network = {
  vpcId: "vpc-1",
  cidr: "10.0.0.0/16",
  publicSubnetIds: ["subnet-public"],
  privateSubnetIds: ["subnet-private"],
  dataSubnetIds: ["subnet-data-a", "subnet-data-b"],
};
const required = {
  network,
  zones: ["eu-west-1a", "eu-west-1b"],
  accessPoints: { uploads: {} },
  backups: BackupChoice.daily,
  alarms: { choice: AlarmChoice.none },
};
const notify = { choice: AlarmChoice.notify, topicArns: ["arn:aws:sns:eu-west-1:111122223333:ops"] };
const MOUNT = "aws:efs/mountTarget:MountTarget";
const POINT = "aws:efs/accessPoint:AccessPoint";
const ARN = "arn:aws:efs:eu-west-1:111122223333:fileSystem/files-files";
const UPLOADS = "arn:aws:efs:eu-west-1:111122223333:accessPoint/files-uploads";

function files(args: Partial<FileSystemArgs> = {}): Promise<Graph> {
  return record(() => {
    const { fileSystemId, fileSystemArn, securityGroupId, accessPointIds, accessPointArns } = new FileSystem(
      "files",
      { ...required, ...args },
    );
    return { fileSystemId, fileSystemArn, securityGroupId, accessPointIds, accessPointArns };
  });
}

describe("FileSystem", () => {
  it("makes exactly what a file system needs", async () => {
    const graph = await files();
    expect(children(graph, "files")).toEqual([
      "aws:ec2/securityGroup:SecurityGroup files-group",
      "aws:efs/accessPoint:AccessPoint files-uploads",
      "aws:efs/backupPolicy:BackupPolicy files-backups",
      "aws:efs/fileSystem:FileSystem files-files",
      "aws:efs/fileSystemPolicy:FileSystemPolicy files-policy",
      "aws:efs/mountTarget:MountTarget files-mount-eu-west-1a",
      "aws:efs/mountTarget:MountTarget files-mount-eu-west-1b",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      fileSystemId: "files-files.id",
      fileSystemArn: ARN,
      securityGroupId: "files-group.id",
      accessPointIds: { uploads: "files-uploads.id" },
      accessPointArns: { uploads: UPLOADS },
    });
  });

  it("is encrypted, backed up, cleaned up and protected unless told otherwise", async () => {
    const graph = await files();
    expect(find(graph, "aws:efs/fileSystem:FileSystem")).toMatchObject({
      inputs: {
        encrypted: true,
        throughputMode: "elastic",
        lifecyclePolicies: [
          { transitionToIa: "AFTER_30_DAYS" },
          { transitionToArchive: "AFTER_90_DAYS" },
          { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" },
        ],
      },
      options: { protect: true },
    });
    const backups = async (choice: BackupChoice) =>
      find(await files({ backups: choice }), "aws:efs/backupPolicy:BackupPolicy").inputs.backupPolicy;
    expect(await backups("daily")).toEqual({ status: "ENABLED" });
    expect(await backups("none")).toEqual({ status: "DISABLED" });
  });

  it("refuses what comes without TLS, without an access point of ours, or as root", async () => {
    const graph = await files({ accessPoints: { uploads: {}, cache: {} } });
    const { inputs } = find(graph, "aws:efs/fileSystemPolicy:FileSystemPolicy");
    const refuse = { Effect: "Deny", Principal: { AWS: "*" }, Resource: ARN };
    expect(JSON.parse(inputs.policy as string).Statement).toEqual([
      { Sid: "TlsOnly", ...refuse, Action: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
      {
        Sid: "AccessPointsOnly",
        ...refuse,
        Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        Condition: {
          StringNotEquals: {
            "elasticfilesystem:AccessPointArn": [UPLOADS.replace("uploads", "cache"), UPLOADS],
          },
        },
      },
      { Sid: "NobodyIsRoot", ...refuse, Action: "elasticfilesystem:ClientRootAccess" },
    ]);
  });

  it("has folders whose files belong to one user", async () => {
    const graph = await files({
      accessPoints: { uploads: {}, app: { path: "/srv/app", uid: 70, gid: 71, permissions: "0700" } },
    });
    expect(find(graph, POINT, "files-uploads").inputs).toMatchObject({
      posixUser: { uid: 1000, gid: 1000 },
      rootDirectory: {
        path: "/uploads",
        creationInfo: { ownerUid: 1000, ownerGid: 1000, permissions: "0750" },
      },
    });
    expect(find(graph, POINT, "files-app").inputs).toMatchObject({
      posixUser: { uid: 70, gid: 71 },
      rootDirectory: { path: "/srv/app", creationInfo: { ownerUid: 70, ownerGid: 71, permissions: "0700" } },
    });
  });

  it("has an address in each zone's data subnet, which a further zone does not move", async () => {
    const addresses = (zones: string[]) =>
      record(() => {
        const network = new Network("net", { zones, egress: Egress.none });
        new FileSystem("files", { ...required, network, zones });
      });
    const before = await addresses(["eu-west-1c", "eu-west-1a"]);
    const after = await addresses(["eu-west-1c", "eu-west-1a", "eu-west-1b"]);
    const subnets = (graph: Graph) =>
      graph.resources.filter(({ type }) => type === MOUNT).map(({ name, inputs }) => [name, inputs.subnetId]);
    const unmoved = [
      ["files-mount-eu-west-1a", "net-data-eu-west-1a.id"],
      ["files-mount-eu-west-1c", "net-data-eu-west-1c.id"],
    ];
    expect(subnets(before)).toEqual(unmoved);
    expect(subnets(after)).toEqual([
      unmoved[0],
      ["files-mount-eu-west-1b", "net-data-eu-west-1b.id"],
      unmoved[1],
    ]);
  });

  it.each([
    ["read", (made: FileSystem) => made.grantRead("uploads"), ["elasticfilesystem:ClientMount"]],
    [
      "write",
      (made: FileSystem) => made.grantWrite("uploads"),
      ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
    ],
  ] as const)("grants no more than to %s through one access point", async (kind, pick, actions) => {
    const accessPoints = { uploads: {}, cache: {} };
    const made = () => new FileSystem("files", { ...required, accessPoints });
    expect(await granted(() => pick(made()))).toEqual({
      name: `files-uploads-${kind}`,
      connections: [{ securityGroupId: "files-group.id", port: 2049 }],
      statements: [
        {
          Effect: "Allow",
          Action: actions,
          Resource: [ARN],
          Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": UPLOADS } },
        },
      ],
    });
  });

  it("is a volume of a service, which gets the access point and nothing else", async () => {
    const graph = await record(() => {
      const made = new FileSystem("files", required);
      new FargateService("api", {
        cluster,
        network,
        image,
        files: { uploads: made.volume("uploads", "/data", { readOnly: true }) },
        alarms: { choice: AlarmChoice.none },
      });
    });
    expect(find(graph, "aws:ecs/taskDefinition:TaskDefinition").inputs.volumes).toContainEqual(
      expect.objectContaining({
        efsVolumeConfiguration: {
          fileSystemId: "files-files.id",
          transitEncryption: "ENABLED",
          authorizationConfig: { accessPointId: "files-uploads.id", iam: "ENABLED" },
        },
      }),
    );
    const policy = graph.resources.find(
      ({ name }) => name.startsWith("api-") && name.includes("files-uploads"),
    );
    expect(JSON.stringify(graph.resources)).toContain("files-mount-eu-west-1b");
    expect(statements(graph, policy!.name)).toEqual([
      {
        Effect: "Allow",
        Action: ["elasticfilesystem:ClientMount"],
        Resource: [ARN],
        Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": UPLOADS } },
      },
    ]);
    // The task waits for the addresses in its zones.
    const { references } = find(graph, "aws:ecs/taskDefinition:TaskDefinition");
    const mounts = graph.resources.filter(({ type }) => type === MOUNT).map(({ urn }) => urn);
    expect(references.volumes).toEqual(expect.arrayContaining(mounts));
  });

  it("makes its alarms, and one for credits where there are some", async () => {
    const names = async (throughput?: FileThroughput) => {
      const { resources } = await files({ alarms: notify, throughput });
      return resources
        .filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm")
        .map(({ name, inputs }) => [name, inputs.dimensions]);
    };
    const dimensions = { FileSystemId: "files-files.id" };
    expect(await names()).toEqual([["files-alarm-operations", dimensions]]);
    expect(await names(FileThroughput.bursting)).toEqual([
      ["files-alarm-credits", dimensions],
      ["files-alarm-operations", dimensions],
    ]);
  });

  it("knows each role of its children", async () => {
    const mark = { region: "marked" };
    const overrides = Object.fromEntries(FILE_SYSTEM_ROLES.map((role) => [role, mark]));
    const graph = await files({ overrides, alarms: notify });
    const marked = graph.resources.filter(({ inputs }) => inputs.region === "marked");
    expect(new Set(marked.map(({ type }) => type)).size).toBe(FILE_SYSTEM_ROLES.length);
  });

  it.each<[string, Partial<FileSystemArgs>, RegExp]>([
    ["no zones", { zones: [] }, /zones is \[\]; allowed: the zones of the network/],
    ["a zone twice", { zones: ["eu-west-1a", "eu-west-1a"] }, /zones\[1\] is "eu-west-1a"; allowed: .*once/],
    [
      "more zones than subnets",
      { zones: ["eu-west-1a"] },
      /network\.dataSubnetIds is 2; allowed: 1, one for/,
    ],
    ["no way in", { accessPoints: {} }, /accessPoints is {}; allowed: at least one/],
    ["a name in capitals", { accessPoints: { Up: {} } }, /accessPoints\.Up is "Up"; allowed: 1 to 40/],
    [
      "root",
      { accessPoints: { up: { uid: 0 } } },
      /accessPoints\.up\.uid is 0; allowed: a whole number from 1/,
    ],
    [
      "everything",
      { accessPoints: { up: { path: "/" } } },
      /accessPoints\.up\.path is "\/"; allowed: a path of 1/,
    ],
    ["a deep path", { accessPoints: { up: { path: "/a/b/c/d/e" } } }, /path is "\/a\/b\/c\/d\/e"/],
    [
      "permissions in words",
      { accessPoints: { up: { permissions: "rwx" } } },
      /permissions is "rwx"; allowed: octal/,
    ],
    [
      "backups that are not chosen",
      { backups: undefined },
      /backups is missing; allowed: one of daily, none/,
    ],
    [
      "an unknown throughput",
      { throughput: "fast" as never },
      /throughput is "fast"; allowed: one of elastic/,
    ],
    [
      "a period that EFS lacks",
      { lifecycle: { infrequentAfterDays: 2 } },
      /infrequentAfterDays is 2; allowed: days/,
    ],
    ["alarms that are not chosen", { alarms: undefined }, /alarms\.choice is missing/],
    [
      "an unknown role",
      { overrides: { efs: {} } },
      /overrides\.efs is "efs"; allowed: a child role: fileSystem/,
    ],
  ])("refuses %s", async (_, args, fault) => {
    const made = files(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^FileSystem "files": /);
  });

  it("refuses an access point that it does not have", async () => {
    const made = record(() => new FileSystem("files", required).grantRead("toString"));
    await expect(made).rejects.toThrow(/accessPoint is "toString"; allowed: one of uploads/);
  });

  it("makes the recorded production file system", async () => {
    const graph = await record(
      () => {
        const dataSubnetIds = output(network.dataSubnetIds);
        new FileSystem("files", {
          ...required,
          network: { ...network, dataSubnetIds },
          accessPoints: { uploads: {}, cache: { uid: 70, gid: 70 } },
          alarms: notify,
        });
      },
      { project: "golden", stack: "production" },
    );
    expectGolden(graph, "test/components/file-system/fixtures/production.json");
  });
});
