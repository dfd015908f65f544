import { given, type Table, when } from "../../../policies/testing/index.ts";

const database = (inputs: Record<string, unknown> = {}, type = "aws:rds/instance:Instance", from = {}) =>
  given(
    type,
    "db",
    {
      engine: "postgres",
      engineVersion: "17",
      storageEncrypted: true,
      publiclyAccessible: false,
      multiAz: true,
      deletionProtection: true,
      manageMasterUserPassword: true,
      backupRetentionPeriod: 14,
      enabledCloudwatchLogsExports: ["postgresql"],
      copyTagsToSnapshot: true,
      monitoringInterval: 60,
      ...inputs,
    },
    { from },
  );
const cluster = (inputs: Record<string, unknown> = {}) =>
  database({ engine: "aurora-postgresql", ...inputs }, "aws:rds/cluster:Cluster");
const member = (inputs: Record<string, unknown>) =>
  given("aws:rds/clusterInstance:ClusterInstance", "member", inputs);
const parameters = (value: string, name = "rds.force_ssl") =>
  given("aws:rds/parameterGroup:ParameterGroup", "group", { name: "group", parameters: [{ name, value }] });
const withGroup = (inputs: Record<string, unknown> = {}) =>
  database({ parameterGroupName: "x", ...inputs }, undefined, { parameterGroupName: "group" });
const production = { stack: "production" };
const files = (inputs: Record<string, unknown> = { encrypted: true }) =>
  given("aws:efs/fileSystem:FileSystem", "fs", inputs);
const backup = (status: string) =>
  given(
    "aws:efs/backupPolicy:BackupPolicy",
    "backup",
    { fileSystemId: "x", backupPolicy: { status } },
    { from: { fileSystemId: "fs" } },
  );

export const databases: Record<string, Table> = {
  "rds-protected": {
    good: [
      when("all set", [database()], production),
      when(
        "a replica",
        [database({ replicateSourceDb: "a", storageEncrypted: undefined, multiAz: undefined })],
        production,
      ),
      when("dev", [database({ multiAz: false, deletionProtection: false, skipFinalSnapshot: true })]),
      when("a cluster", [cluster({ multiAz: undefined })], production),
    ],
    bad: [
      when("public", [database({ publiclyAccessible: true })], { says: "by the world" }),
      when(
        "a public member of a cluster",
        [given("aws:rds/clusterInstance:ClusterInstance", "m", { publiclyAccessible: true })],
        { says: "by the world" },
      ),
      when("not encrypted", [database({ storageEncrypted: false })], { says: "not encrypted" }),
      when("encryption not said", [cluster({ storageEncrypted: undefined })], { says: "not encrypted" }),
      when("a copy that is not", [database({ snapshotIdentifier: "s", storageEncrypted: false })], {
        says: "not encrypted",
      }),
      when("one zone", [database({ multiAz: undefined })], { says: "its zone", ...production }),
      when("deletion", [cluster({ deletionProtection: undefined })], { says: "by mistake", ...production }),
      when("no snapshot", [database({ skipFinalSnapshot: true })], { says: "leaves nothing", ...production }),
    ],
  },
  "rds-access": {
    good: [
      when("managed, TLS by default", [database()]),
      when("IAM", [
        database({ manageMasterUserPassword: undefined, iamDatabaseAuthenticationEnabled: true }),
      ]),
      when("TLS by its group", [withGroup({ engineVersion: "14" }), parameters("1")]),
      when("MySQL", [withGroup({ engine: "mysql" }), parameters("ON", "require_secure_transport")]),
      when("another engine", [database({ engine: "oracle-ee" })]),
    ],
    bad: [
      when("nobody says", [database({ manageMasterUserPassword: undefined })], { says: "somebody keeps" }),
      when("in the stack", [database({ password: "[secret]" })], { says: "in the stack" }),
      when("in the stack, of a cluster", [cluster({ masterPassword: "[secret]" })], { says: "in the stack" }),
      when("turned off", [withGroup(), parameters("0")], { says: "without TLS" }),
      when("an old server", [database({ engineVersion: "14.2" })], { says: "without TLS" }),
      when("MySQL", [database({ engine: "mysql" })], { says: "without TLS" }),
    ],
  },
  "rds-kept": {
    good: [
      when("all set", [database()], production),
      when("dev", [database({ backupRetentionPeriod: 0, monitoringInterval: undefined })]),
      when("a member", [member({ monitoringInterval: 60 })], production),
    ],
    bad: [
      when("three days", [database({ backupRetentionPeriod: 3 })], { says: "3 days", ...production }),
      when("not said", [database({ backupRetentionPeriod: undefined })], { says: "0 days", ...production }),
      when("a cluster's default", [cluster({ backupRetentionPeriod: undefined })], {
        says: "1 days",
        ...production,
      }),
      when("no patches of a member", [member({ autoMinorVersionUpgrade: false })], { says: "patches" }),
      when("a member that is not watched", [member({ monitoringInterval: 0 })], {
        says: "from inside",
        ...production,
      }),
      when("no patches", [database({ autoMinorVersionUpgrade: false })], { says: "patches" }),
      when("no log", [database({ enabledCloudwatchLogsExports: [] })], { says: "log to itself" }),
      when("snapshots", [database({ copyTagsToSnapshot: undefined })], { says: "nobody can assign" }),
      when("not watched", [database({ monitoringInterval: 0 })], { says: "from inside", ...production }),
    ],
  },
  "efs-protected": {
    good: [
      when("a policy", [files(), backup("ENABLED")]),
      when("a plan", [
        files(),
        given("aws:backup/selection:Selection", "plan", { resources: ["x"] }, { from: { resources: "fs" } }),
      ]),
    ],
    bad: [
      when("not encrypted", [files({ encrypted: false }), backup("ENABLED")], { says: "not encrypted" }),
      when("encryption not said", [files({}), backup("ENABLED")], { says: "not encrypted" }),
      when("no backup", [files()], { says: "not backed up" }),
      when("a backup that is off", [files(), backup("DISABLED")], { says: "not backed up" }),
    ],
  },
};
