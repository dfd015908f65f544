import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { AccessPoint } from "@pulumi/aws/efs/accessPoint.js";
import { BackupPolicy } from "@pulumi/aws/efs/backupPolicy.js";
import { FileSystem as VendorFileSystem } from "@pulumi/aws/efs/fileSystem.js";
import { FileSystemPolicy } from "@pulumi/aws/efs/fileSystemPolicy.js";
import { MountTarget } from "@pulumi/aws/efs/mountTarget.js";
import { all, ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { makeAlarms } from "../alarms.ts";
import { BackupChoice } from "../backups.ts";
import type { FileVolumeArgs } from "../fargate-task/args.ts";
import { judged, oneOf, refuse } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { override } from "../overrides.ts";
import { accessPointGrant, fileSystemPolicy } from "./access-plan.ts";
import { planFileSystemAlarms } from "./alarm-plan.ts";
import { type AccessPointArgs, type FileSystemArgs, FileThroughput } from "./args.ts";
import { checkFileSystem, checkSubnets } from "./check.ts";
import { planFileLifecycle } from "./lifecycle-plan.ts";

/** Beside the instances, because schema inference publishes every field. */
const points = new WeakMap<FileSystem, { name: string; made: Record<string, AccessPoint> }>();

/**
 * A file system on EFS that several tasks share: encrypted, reached over TLS, by an identity of IAM and through
 * an access point only, which fixes the folder and the user. Files that nobody reads move to cheaper storage.
 *
 * ```ts
 * const files = new FileSystem("files", {
 *   network,
 *   zones: ["eu-west-1a", "eu-west-1b"],
 *   accessPoints: { uploads: {} },
 *   backups: BackupChoice.daily,
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topic.arn] },
 * });
 * const held = { files: { uploads: files.volume("uploads", "/data") } }; // arguments of a FargateService
 * ```
 *
 * A month: 0.33 USD a GB, 0.018 once it is not read for 30 days, 0.009 after 90; 0.03 USD a GB read and 0.06
 * written; backups 0.055 USD a GB.
 */
export class FileSystem extends ComponentResource {
  /** Known when the file system can be mounted in every zone. */
  readonly fileSystemId: Output<string>;
  readonly fileSystemArn: Output<string>;
  readonly securityGroupId: Output<string>;
  readonly accessPointIds: Output<Record<string, string>>;
  readonly accessPointArns: Output<Record<string, string>>;

  constructor(name: string, args: FileSystemArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:FileSystem", name, {}, opts);
    const zones = [...(args.zones ?? [])].sort();
    const subnets = judged("FileSystem", name, args.network.dataSubnetIds, (ids) =>
      checkSubnets(zones, ids.length),
    );
    refuse("FileSystem", name, [...checkFileSystem(args), ...subnets.faults]);

    const { overrides, tags, throughput = FileThroughput.elastic } = args;
    const parent = this;
    const fileSystem = makeFileSystem();
    const accessPoints = Object.fromEntries(
      Object.entries(args.accessPoints).map(([key, point]) => [key, makeAccessPoint(key, point)]),
    );
    makePolicy();
    makeBackups();
    const group = makeSecurityGroup();
    const mounts = zones.map(makeMountTarget);
    const alarms = planFileSystemAlarms(name, fileSystem.id, throughput);
    makeAlarms(args.alarms, alarms, { name, parent, tags, overrides });

    const made = Object.entries(accessPoints);
    points.set(this, { name, made: accessPoints });
    this.fileSystemId = all([fileSystem.id, ...mounts.map(({ id }) => id)]).apply(([id]) => id!);
    this.fileSystemArn = fileSystem.arn;
    this.securityGroupId = group.id;
    this.accessPointIds = output(Object.fromEntries(made.map(([key, { id }]) => [key, id])));
    this.accessPointArns = output(Object.fromEntries(made.map(([key, { arn }]) => [key, arn])));
    this.registerOutputs({
      fileSystemId: this.fileSystemId,
      fileSystemArn: this.fileSystemArn,
      securityGroupId: this.securityGroupId,
      accessPointIds: this.accessPointIds,
      accessPointArns: this.accessPointArns,
    });

    function makeFileSystem(): VendorFileSystem {
      return new VendorFileSystem(
        `${name}-files`,
        override(overrides, "fileSystem", {
          encrypted: true,
          kmsKeyId: args.kmsKeyArn,
          performanceMode: "generalPurpose",
          throughputMode: throughput,
          lifecyclePolicies: planFileLifecycle(args.lifecycle, throughput),
          tags: { ...tags, Name: name },
        }),
        { parent, protect: args.deletionProtection ?? true },
      );
    }

    function makeAccessPoint(
      key: string,
      { path = `/${key}`, uid = 1000, gid = 1000, permissions = "0750" }: AccessPointArgs,
    ): AccessPoint {
      return new AccessPoint(
        `${name}-${key}`,
        override(overrides, "accessPoint", {
          fileSystemId: fileSystem.id,
          posixUser: { uid, gid },
          rootDirectory: { path, creationInfo: { ownerUid: uid, ownerGid: gid, permissions } },
          tags: { ...tags, Name: `${name}-${key}` },
        }),
        { parent },
      );
    }

    function makePolicy(): void {
      const arns = Object.keys(accessPoints)
        .sort()
        .map((key) => accessPoints[key]!.arn);
      new FileSystemPolicy(
        `${name}-policy`,
        override(overrides, "policy", {
          fileSystemId: fileSystem.id,
          policy: fileSystemPolicy(fileSystem.arn, arns),
        }),
        { parent },
      );
    }

    function makeBackups(): void {
      const status = args.backups === BackupChoice.daily ? "ENABLED" : "DISABLED";
      new BackupPolicy(
        `${name}-backups`,
        override(overrides, "backupPolicy", { fileSystemId: fileSystem.id, backupPolicy: { status } }),
        { parent },
      );
    }

    /** Nobody comes in but holders of a grant. */
    function makeSecurityGroup(): SecurityGroup {
      return new SecurityGroup(
        `${name}-group`,
        override(overrides, "securityGroup", {
          vpcId: args.network.vpcId,
          description: `File system ${name}`,
          tags: { ...tags, Name: name },
        }),
        { parent },
      );
    }

    /** Zones and data subnets both go by zone name, so a zone that is added moves no other. */
    function makeMountTarget(zone: string, at: number): MountTarget {
      return new MountTarget(
        `${name}-mount-${zone}`,
        override(overrides, "mountTarget", {
          fileSystemId: fileSystem.id,
          subnetId: output(subnets.value).apply((ids) => ids[at]!),
          securityGroups: [group.id],
        }),
        { parent },
      );
    }
  }

  /**
   * The folder of an access point as a volume of a `FargateService`, which then also may mount it.
   *
   * @param path where the containers see it, such as /data.
   */
  volume(accessPoint: string, path: string, { readOnly = false } = {}): FileVolumeArgs {
    const { id, arn } = pointOf(this, accessPoint);
    const { fileSystemId, fileSystemArn, securityGroupId } = this;
    return {
      path,
      fileSystemId,
      fileSystemArn,
      securityGroupId,
      accessPointId: id,
      accessPointArn: arn,
      readOnly,
    };
  }

  /** To mount an access point and read: for what takes grants and has no volumes of its own. */
  grantRead(accessPoint: string): Grant {
    return grantOf(this, accessPoint, "read", false);
  }

  /** To mount an access point, read and write, as its user. */
  grantWrite(accessPoint: string): Grant {
    return grantOf(this, accessPoint, "write", true);
  }
}

function grantOf(files: FileSystem, accessPoint: string, kind: string, write: boolean): Grant {
  const { arn: accessPointArn } = pointOf(files, accessPoint);
  const { fileSystemArn: arn, securityGroupId } = files;
  const { name } = points.get(files)!;
  return accessPointGrant(`${name}-${accessPoint}-${kind}`, { arn, securityGroupId, accessPointArn, write });
}

function pointOf(files: FileSystem, accessPoint: string): AccessPoint {
  const { name, made } = points.get(files)!;
  const allowed = Object.fromEntries(Object.keys(made).map((key) => [key, key]));
  refuse("FileSystem", name, oneOf("accessPoint", accessPoint, allowed));
  return made[accessPoint]!;
}
