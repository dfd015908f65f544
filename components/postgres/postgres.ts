import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import { Instance } from "@pulumi/aws/rds/instance.js";
import { ParameterGroup } from "@pulumi/aws/rds/parameterGroup.js";
import { SubnetGroup } from "@pulumi/aws/rds/subnetGroup.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  interpolate,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import { makeAlarms } from "../alarms.ts";
import { BackupChoice } from "../backups.ts";
import { refuse } from "../faults.ts";
import { type Grant, trustPolicy } from "../grants.ts";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { override } from "../overrides.ts";
import { partitionOf } from "../regions.ts";
import { planPostgresAlarms } from "./alarm-plan.ts";
import { type PostgresArgs, PostgresAvailability, PostgresUpdates } from "./args.ts";
import { checkPostgres, DEFAULT_STORAGE_GIB, defaultStorageLimit } from "./check.ts";
import { POSTGRES_PORT, type PostgresGrants, planPostgresGrants } from "./grant-plan.ts";
import { majorOf, planParameters } from "./parameter-plan.ts";

/** Beside the instances, because schema inference publishes every field. */
const grants = new WeakMap<Postgres, PostgresGrants>();

/** What the server writes, and RDS about upgrades. */
const LOGS = ["postgresql", "upgrade"];

/**
 * A PostgreSQL database on RDS: in the network's data subnets, encrypted, TLS only, with a standby in a second
 * zone, a password that nobody knows, log-in by IAM, backups, monitoring and a snapshot when it goes.
 *
 * ```ts
 * const database = new Postgres("main", {
 *   network,
 *   region: "eu-west-1",
 *   engineVersion: "17",
 *   backups: { choice: BackupChoice.daily, days: 14 },
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topic.arn] },
 * });
 * const held = { grants: [database.grantConnect] }; // arguments of a FargateService
 * ```
 *
 * A month, db.t4g.medium with 50 GiB: about 115 USD with a standby, 60 without; a db.m7g.large about 290 and
 * 145. Backups beyond the size of the storage, and logs, by volume.
 */
export class Postgres extends ComponentResource {
  /** Host name that clients connect to. It stays when the standby takes over. */
  readonly host: Output<string>;
  readonly port: Output<number>;
  readonly databaseName: Output<string>;
  readonly administrator: Output<string>;
  /** Secret of the administrator, JSON with `username` and `password`; empty when `masterPassword` is given. */
  readonly secretArn: Output<string>;
  readonly securityGroupId: Output<string>;
  /** Name of the instance in RDS. */
  readonly identifier: Output<string>;
  readonly arn: Output<string>;

  constructor(name: string, args: PostgresArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:Postgres", name, {}, opts);
    refuse("Postgres", name, checkPostgres(name, args));

    const { overrides, tags, kmsKeyArn, instanceClass = "db.t4g.medium" } = args;
    const { storageGib = DEFAULT_STORAGE_GIB, logicalReplication = false, iamUser = "app" } = args;
    const { databaseName = "app", administrator = "postgres" } = args;
    const parent = this;
    const managed = args.masterPassword === undefined;
    const subnetGroup = makeSubnetGroup();
    // The group's name is unique and known before the instance, whose logs and last snapshot are named by it.
    const identifier = subnetGroup.name;
    const parameterGroup = makeParameterGroup();
    const group = makeSecurityGroup();
    const monitoring = makeMonitoringRole();
    const logs = LOGS.map(makeLogGroup);
    const instance = makeInstance();
    const secretArn = managed
      ? instance.masterUserSecrets.apply((secrets) => secrets?.[0]?.secretArn ?? "")
      : output("");
    const alarms = planPostgresAlarms(name, identifier, { instanceClass, storageGib, logicalReplication });
    makeAlarms(args.alarms, alarms, { name, parent, tags, overrides });

    const reached = { region: args.region, arn: instance.arn, resourceId: instance.resourceId };
    const login = { iamUser, kmsKeyArn, ...(managed && { secretArn }) };
    grants.set(this, planPostgresGrants(name, { ...reached, securityGroupId: group.id, ...login }));
    this.host = instance.address;
    this.port = output(POSTGRES_PORT);
    this.databaseName = output(databaseName);
    this.administrator = output(administrator);
    this.secretArn = secretArn;
    this.securityGroupId = group.id;
    this.identifier = identifier;
    this.arn = instance.arn;
    this.registerOutputs({
      host: this.host,
      port: this.port,
      databaseName: this.databaseName,
      administrator: this.administrator,
      secretArn: this.secretArn,
      securityGroupId: this.securityGroupId,
      identifier: this.identifier,
      arn: this.arn,
    });

    function makeSubnetGroup(): SubnetGroup {
      return new SubnetGroup(
        `${name}-database`,
        override(overrides, "subnetGroup", {
          subnetIds: args.network.dataSubnetIds,
          description: `Where ${name} is`,
          tags,
        }),
        { parent },
      );
    }

    /** One for each major version: the old one stays until the instance has left it. */
    function makeParameterGroup(): ParameterGroup {
      const major = majorOf(args.engineVersion);
      return new ParameterGroup(
        `${name}-parameters-${major}`,
        override(overrides, "parameterGroup", {
          family: `postgres${major}`,
          description: `Settings of ${name}`,
          parameters: planParameters(args.parameters, logicalReplication),
          tags,
        }),
        { parent },
      );
    }

    /** Nobody comes in but holders of a grant; nothing goes out. */
    function makeSecurityGroup(): SecurityGroup {
      return new SecurityGroup(
        `${name}-group`,
        override(overrides, "securityGroup", {
          vpcId: args.network.vpcId,
          description: `Database ${name}`,
          tags: { ...tags, Name: name },
        }),
        { parent },
      );
    }

    function makeMonitoringRole() {
      const role = new Role(
        `${name}-monitoring-role`,
        override(overrides, "monitoringRole", {
          assumeRolePolicy: trustPolicy("monitoring.rds.amazonaws.com"),
          description: `Lets RDS write what the machine of ${name} does`,
          tags,
        }),
        { parent },
      );
      const policyArn = `arn:${partitionOf(args.region)}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole`;
      const attachment = new RolePolicyAttachment(
        `${name}-monitoring-policy`,
        { role: role.name, policyArn },
        { parent },
      );
      return { role, attachment };
    }

    /** Made before RDS would: what RDS makes is kept for ever. */
    function makeLogGroup(log: string): LogGroup {
      return new LogGroup(
        `${name}-log-${log}`,
        override(overrides, "logGroup", {
          name: interpolate`/aws/rds/instance/${identifier}/${log}`,
          retentionInDays: args.logRetentionDays ?? DEFAULT_RETENTION_DAYS,
          tags,
        }),
        { parent },
      );
    }

    function makeInstance(): Instance {
      const { backups, engineVersion, finalSnapshot = true } = args;
      return new Instance(
        `${name}-instance`,
        override(overrides, "instance", {
          identifier,
          engine: "postgres",
          engineVersion,
          // A minor version that is given stays; a major one follows what AWS mends.
          autoMinorVersionUpgrade: engineVersion === majorOf(engineVersion),
          allowMajorVersionUpgrade: args.allowMajorUpgrade ?? false,
          applyImmediately: args.applyImmediately ?? false,
          ...(args.updates === PostgresUpdates.blueGreen && { blueGreenUpdate: { enabled: true } }),
          instanceClass,
          multiAz: (args.availability ?? PostgresAvailability.multiAz) === PostgresAvailability.multiAz,
          storageType: "gp3",
          allocatedStorage: storageGib,
          maxAllocatedStorage: args.storageLimitGib ?? defaultStorageLimit(storageGib),
          storageEncrypted: true,
          kmsKeyId: kmsKeyArn,
          dbSubnetGroupName: subnetGroup.name,
          vpcSecurityGroupIds: [group.id],
          publiclyAccessible: false,
          port: POSTGRES_PORT,
          caCertIdentifier: "rds-ca-rsa2048-g1",
          parameterGroupName: parameterGroup.name,
          dbName: databaseName,
          username: administrator,
          ...(managed
            ? { manageMasterUserPassword: true, masterUserSecretKmsKeyId: kmsKeyArn }
            : { password: secret(args.masterPassword) }),
          iamDatabaseAuthenticationEnabled: true,
          backupRetentionPeriod: backups.choice === BackupChoice.none ? 0 : (backups.days ?? 7),
          backupWindow: backups.window ?? "02:00-03:00",
          maintenanceWindow: args.maintenanceWindow ?? "sun:04:00-sun:05:00",
          copyTagsToSnapshot: true,
          deleteAutomatedBackups: false,
          skipFinalSnapshot: !finalSnapshot,
          ...(finalSnapshot && { finalSnapshotIdentifier: interpolate`${identifier}-final` }),
          deletionProtection: args.deletionProtection ?? true,
          performanceInsightsEnabled: true,
          // Days; these are free.
          performanceInsightsRetentionPeriod: 7,
          performanceInsightsKmsKeyId: kmsKeyArn,
          monitoringInterval: 60,
          monitoringRoleArn: monitoring.role.arn,
          enabledCloudwatchLogsExports: LOGS,
          tags: { ...tags, Name: name },
        }),
        { parent, dependsOn: [monitoring.attachment, ...logs] },
      );
    }
  }

  /** To reach the database, and to log in as `iamUser` with a token of IAM instead of a password. */
  get grantConnect(): Grant {
    return grants.get(this)!.connect;
  }

  /**
   * To reach the database and to read the administrator's password. With a `masterPassword` of your own only to
   * reach it: that secret is yours to grant.
   */
  get grantAdministrate(): Grant {
    return grants.get(this)!.administrate;
  }
}
