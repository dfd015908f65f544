import { describe, expect, it } from "@jest/globals";
import {
  AlarmChoice,
  BackupChoice,
  FargateService,
  type Grant,
  Postgres,
  type PostgresArgs,
  PostgresUpdates,
} from "../../../components/index.ts";
import { defaultStorageLimit, POSTGRES_ROLES } from "../../../components/postgres/check.ts";
import { planParameters } from "../../../components/postgres/parameter-plan.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { granted } from "../../support/granted.ts";
import { cluster, image, ofType, statements } from "../fargate-service/service-lab.ts";

const required = {
  network: {
    vpcId: "vpc-1",
    cidr: "10.0.0.0/16",
    publicSubnetIds: ["subnet-public"],
    privateSubnetIds: ["subnet-private"],
    dataSubnetIds: ["subnet-data-a", "subnet-data-b"],
  },
  region: "eu-west-1",
  engineVersion: "17",
  backups: { choice: BackupChoice.daily },
  alarms: { choice: AlarmChoice.none },
};
const notify = { choice: AlarmChoice.notify, topicArns: ["arn:aws:sns:eu-west-1:111122223333:ops"] };
const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/one";
const INSTANCE = "aws:rds/instance:Instance";
const PARAMETERS = "aws:rds/parameterGroup:ParameterGroup";
const SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds-main-instance";

function database(args: Partial<PostgresArgs> = {}, name = "main"): Promise<Graph> {
  return record(() => {
    const { host, port, databaseName, administrator, secretArn, securityGroupId, identifier } = new Postgres(
      name,
      { ...required, ...args },
    );
    return { host, port, databaseName, administrator, secretArn, securityGroupId, identifier };
  });
}

describe("the settings of the server", () => {
  it("are the same in whatever order they are given, with TLS last", () => {
    const a = { work_mem: { value: "65536" }, log_lock_waits: { value: "0" } };
    const b = { log_lock_waits: { value: "0" }, work_mem: { value: "65536" } };
    expect(planParameters(a)).toEqual(planParameters(b));
    expect(planParameters(a)).toEqual([
      { name: "idle_in_transaction_session_timeout", value: "600000", applyMethod: "immediate" },
      { name: "log_connections", value: "1", applyMethod: "immediate" },
      { name: "log_disconnections", value: "1", applyMethod: "immediate" },
      { name: "log_lock_waits", value: "0", applyMethod: "immediate" },
      { name: "log_min_duration_statement", value: "1000", applyMethod: "immediate" },
      { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
      { name: "work_mem", value: "65536", applyMethod: "immediate" },
    ]);
    expect(planParameters({ "rds.force_ssl": { value: "0" } })).toEqual(planParameters());
  });

  it("wait for a restart where the server has to", () => {
    const planned = planParameters({ max_connections: { value: "500", afterRestart: true } }, true);
    expect(planned.filter(({ applyMethod }) => applyMethod === "pending-reboot")).toEqual([
      { name: "max_connections", value: "500", applyMethod: "pending-reboot" },
      { name: "rds.logical_replication", value: "1", applyMethod: "pending-reboot" },
    ]);
  });
});

describe("the storage", () => {
  it.each([
    [20, 80],
    [20_000, 65_536],
    [59_578, 65_536],
    [59_579, undefined],
    [65_536, undefined],
  ])("of %i GiB grows to %p", (storageGib, limit) => {
    expect(defaultStorageLimit(storageGib)).toBe(limit);
  });
});

describe("Postgres", () => {
  it("makes exactly what a database needs", async () => {
    const graph = await database();
    expect(children(graph, "main")).toEqual([
      "aws:cloudwatch/logGroup:LogGroup main-log-postgresql",
      "aws:cloudwatch/logGroup:LogGroup main-log-upgrade",
      "aws:ec2/securityGroup:SecurityGroup main-group",
      "aws:iam/role:Role main-monitoring-role",
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment main-monitoring-policy",
      "aws:rds/instance:Instance main-instance",
      "aws:rds/parameterGroup:ParameterGroup main-parameters-17",
      "aws:rds/subnetGroup:SubnetGroup main-database",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      host: "main-instance.address",
      port: 5432,
      databaseName: "app",
      administrator: "postgres",
      secretArn: SECRET,
      securityGroupId: "main-group.id",
      identifier: "main-database.name",
    });
  });

  it("is encrypted, private, doubled, watched, backed up and protected unless told otherwise", async () => {
    const graph = await database();
    expect(find(graph, INSTANCE).inputs).toEqual({
      identifier: "main-database.name",
      engine: "postgres",
      engineVersion: "17",
      autoMinorVersionUpgrade: true,
      allowMajorVersionUpgrade: false,
      applyImmediately: false,
      instanceClass: "db.t4g.medium",
      multiAz: true,
      storageType: "gp3",
      allocatedStorage: 50,
      maxAllocatedStorage: 200,
      storageEncrypted: true,
      dbSubnetGroupName: "main-database.name",
      vpcSecurityGroupIds: ["main-group.id"],
      publiclyAccessible: false,
      port: 5432,
      caCertIdentifier: "rds-ca-rsa2048-g1",
      parameterGroupName: "main-parameters-17.name",
      dbName: "app",
      username: "postgres",
      manageMasterUserPassword: true,
      iamDatabaseAuthenticationEnabled: true,
      backupRetentionPeriod: 7,
      backupWindow: "02:00-03:00",
      maintenanceWindow: "sun:04:00-sun:05:00",
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: false,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "main-database.name-final",
      deletionProtection: true,
      performanceInsightsEnabled: true,
      performanceInsightsRetentionPeriod: 7,
      monitoringInterval: 60,
      monitoringRoleArn: "arn:aws:iam:eu-west-1:111122223333:role/main-monitoring-role",
      enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
      tags: { Name: "main" },
    });
    expect(find(graph, "aws:rds/subnetGroup:SubnetGroup").inputs.subnetIds).toEqual([
      "subnet-data-a",
      "subnet-data-b",
    ]);
    expect(find(graph, PARAMETERS).inputs.family).toBe("postgres17");
    // Nobody is let in and nothing out: holders of a grant add the rules.
    expect(find(graph, "aws:ec2/securityGroup:SecurityGroup").inputs).toEqual({
      vpcId: "vpc-1",
      description: "Database main",
      tags: { Name: "main" },
    });
  });

  it("has its logs kept for a time, by groups that are there before RDS makes them", async () => {
    const graph = await database({ logRetentionDays: 30 });
    const group = find(graph, "aws:cloudwatch/logGroup:LogGroup", "main-log-postgresql");
    expect(group.inputs).toEqual({
      name: "/aws/rds/instance/main-database.name/postgresql",
      retentionInDays: 30,
    });
    expect(find(graph, INSTANCE).dependsOn).toContain(group.urn);
  });

  it("goes to the next major version on the same instance, with a parameter group of its own", async () => {
    const before = await database({ engineVersion: "16" });
    const after = await database({ engineVersion: "17", allowMajorUpgrade: true });
    const known = new Map(before.resources.map((resource) => [resource.urn, resource]));
    const fresh = after.resources.filter(({ urn }) => !known.has(urn)).map(({ name }) => name);
    expect(fresh).toEqual(["main-parameters-17"]);
    const [was, is] = [before, after].map((graph) => find(graph, INSTANCE).inputs);
    const changed = Object.keys(is!).filter((key) => JSON.stringify(is![key]) !== JSON.stringify(was![key]));
    expect(changed.sort()).toEqual(["allowMajorVersionUpgrade", "engineVersion", "parameterGroupName"]);
  });

  it("stays at a minor version that is given", async () => {
    const { inputs } = find(await database({ engineVersion: "17.6" }), INSTANCE);
    expect(inputs).toMatchObject({ engineVersion: "17.6", autoMinorVersionUpgrade: false });
  });

  it("is updated on a copy, with a password that shows nowhere", async () => {
    const graph = await database({
      updates: PostgresUpdates.blueGreen,
      masterPassword: "never shown",
      logicalReplication: true,
    });
    const { inputs } = find(graph, INSTANCE);
    expect(inputs).toMatchObject({ blueGreenUpdate: { enabled: true }, password: "[secret]" });
    expect(inputs).not.toHaveProperty("manageMasterUserPassword");
    expect(JSON.stringify(graph)).not.toContain("never shown");
    expect(graph.outputs.secretArn).toBe("");
  });

  it("is small and goes without a trace when asked", async () => {
    const { inputs } = find(
      await database({
        availability: "singleAz",
        backups: { choice: "none" },
        finalSnapshot: false,
        deletionProtection: false,
      }),
      INSTANCE,
    );
    expect(inputs).toMatchObject({
      multiAz: false,
      backupRetentionPeriod: 0,
      skipFinalSnapshot: true,
      deletionProtection: false,
    });
    expect(inputs).not.toHaveProperty("finalSnapshotIdentifier");
  });

  it.each<[string, Partial<PostgresArgs>, (made: Postgres) => Grant, string, object[]]>([
    [
      "as the application's user, by IAM",
      { iamUser: "web", kmsKeyArn },
      (made) => made.grantConnect,
      "main-connect",
      [
        {
          Effect: "Allow",
          Action: ["rds-db:connect"],
          Resource: ["arn:aws:rds-db:eu-west-1:111122223333:dbuser:main-instance.resourceId/web"],
        },
      ],
    ],
    [
      "as administrator, by the secret and its key",
      { kmsKeyArn },
      (made) => made.grantAdministrate,
      "main-administrate",
      [
        { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [SECRET] },
        {
          Effect: "Allow",
          Action: ["kms:Decrypt"],
          Resource: [kmsKeyArn],
          Condition: { StringEquals: { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" } },
        },
      ],
    ],
    [
      "as administrator, with a password that others keep",
      { masterPassword: "x", kmsKeyArn },
      (made) => made.grantAdministrate,
      "main-administrate",
      [],
    ],
  ])("grants no more than to log in %s", async (_, args, pick, name, statements) => {
    const grant = await granted(() => pick(new Postgres("main", { ...required, ...args })));
    const connections = [{ securityGroupId: "main-group.id", port: 5432 }];
    expect(grant).toEqual({ name, statements, connections });
  });

  it("is reached by the service that holds its grant, on its port, both ways of the path", async () => {
    const graph = await record(() => {
      const made = new Postgres("main", required);
      const { network, alarms } = required;
      new FargateService("api", { cluster, network, image, grants: [made.grantConnect], alarms });
    });
    const port = { ipProtocol: "tcp", fromPort: 5432, toPort: 5432 };
    const rules = (kind: string) =>
      ofType(graph, `aws:vpc/securityGroup${kind}Rule:SecurityGroup${kind}Rule`).map(({ inputs }) => inputs);
    expect(rules("Ingress")).toEqual([
      expect.objectContaining({ ...port, securityGroupId: "main-group.id" }),
    ]);
    expect(rules("Egress")).toContainEqual(
      expect.objectContaining({ ...port, referencedSecurityGroupId: "main-group.id" }),
    );
    expect(JSON.stringify(statements(graph, "api-grant-main-connect"))).toContain("rds-db:connect");
  });

  it("makes its alarms, and those of what it is", async () => {
    const names = async (args: Partial<PostgresArgs>) => {
      const { resources } = await database({ alarms: notify, ...args });
      const alarms = resources.filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm");
      for (const { inputs } of alarms) {
        expect(inputs).toMatchObject({ dimensions: { DBInstanceIdentifier: "main-database.name" } });
      }
      return alarms.map(({ name }) => name.replace("main-alarm-", ""));
    };
    const always = ["memory", "processor", "slow-writes", "storage", "transaction-ids"];
    expect(await names({})).toEqual(["credits", ...always]);
    expect(await names({ instanceClass: "db.m7g.large", logicalReplication: true })).toEqual(
      [...always, "replication-slots"].sort(),
    );
  });

  it("knows each role of its children", async () => {
    const overrides = Object.fromEntries(POSTGRES_ROLES.map((role) => [role, { tags: { marked: "yes" } }]));
    const graph = await database({ overrides, alarms: notify });
    const marked = graph.resources.filter(({ inputs }) => JSON.stringify(inputs.tags) === '{"marked":"yes"}');
    expect(new Set(marked.map(({ type }) => type)).size).toBe(POSTGRES_ROLES.length);
  });

  it.each<[string, Partial<PostgresArgs>, RegExp]>([
    [
      "a version of another engine",
      { engineVersion: "8.0" },
      /engineVersion is "8.0"; allowed: a version such/,
    ],
    ["a version with words", { engineVersion: "17.x" }, /engineVersion is "17.x"/],
    ["an unknown region", { region: "eu-moon-1" }, /region is "eu-moon-1"/],
    [
      "a class of EC2",
      { instanceClass: "m7g.large" },
      /instanceClass is "m7g.large"; allowed: a class of RDS/,
    ],
    ["too little storage", { storageGib: 10 }, /storageGib is 10; allowed: .*20 to 65536 GiB/],
    [
      "storage that cannot grow",
      { storageGib: 100, storageLimitGib: 105 },
      /storageLimitGib is 105; allowed: .*from 110 /,
    ],
    [
      "backups that are not chosen",
      { backups: undefined },
      /backups\.choice is missing; allowed: one of daily/,
    ],
    [
      "backups for less than a week",
      { backups: { choice: "daily", days: 1 } },
      /backups\.days is 1; allowed: .*7 to 35 days/,
    ],
    ["days of no backups", { backups: { choice: "none", days: 7 } }, /backups\.days is 7; allowed: nothing/],
    [
      "a window that is none",
      { backups: { choice: "daily", window: "2-3" }, maintenanceWindow: "04:00-05:00" },
      /backups\.window is "2-3".*\n.*maintenanceWindow is "04:00-05:00"/,
    ],
    [
      "a copy of an instance whose password AWS keeps",
      { updates: "blueGreen" },
      /updates is "blueGreen"; allowed: inPlace, or a masterPassword/,
    ],
    [
      "a copy without backups",
      { updates: "blueGreen", masterPassword: "x", backups: { choice: "none" } },
      /updates is "blueGreen"; allowed: inPlace without backups/,
    ],
    ["a name that RDS keeps", { administrator: "admin" }, /administrator is "admin"; allowed: 1 to 63/],
    ["a name that PostgreSQL keeps", { iamUser: "pg_read" }, /iamUser is "pg_read"/],
    [
      "an administrator that is locked out",
      { iamUser: "postgres" },
      /iamUser is "postgres"; allowed: another user than the administrator/,
    ],
    [
      "connections without TLS",
      { parameters: { "rds.force_ssl": { value: "0" } } },
      /parameters\.rds\.force_ssl .*allowed: nothing: TLS is always forced/,
    ],
    [
      "a second way to replicate",
      { parameters: { "rds.logical_replication": { value: "1" } } },
      /allowed: logicalReplication instead/,
    ],
    ["a parameter that is none", { parameters: { "Work Mem": { value: "1" } } }, /parameters\.Work Mem is/],
    ["a retention that CloudWatch lacks", { logRetentionDays: 8 }, /logRetentionDays is 8/],
    ["alarms that are not chosen", { alarms: undefined }, /alarms\.choice is missing/],
    ["an unknown role", { overrides: { db: {} } }, /overrides\.db is "db"; allowed: a child role: instance/],
  ])("refuses %s", async (_, args, fault) => {
    const made = database(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^Postgres "main": /);
  });

  it("refuses a name that RDS would not take as an identifier", async () => {
    await expect(database({}, "Main_1")).rejects.toThrow(/name is "Main_1"; allowed: 1 to 40 small letters/);
  });

  it("never shows a password in a fault", async () => {
    const made = database({ masterPassword: "never shown", storageGib: 1 });
    await expect(made).rejects.not.toThrow(/never shown/);
  });

  it("makes the recorded production database", async () => {
    const graph = await record(
      () => {
        new Postgres("main", {
          ...required,
          instanceClass: "db.m7g.large",
          backups: { choice: BackupChoice.daily, days: 14 },
          kmsKeyArn,
          alarms: notify,
        });
      },
      { project: "golden", stack: "production" },
    );
    expectGolden(graph, "test/components/postgres/fixtures/production.json");
  });
});
