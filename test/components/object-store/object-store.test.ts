import { describe, expect, it } from "@jest/globals";
import { deferredOutput } from "@pulumi/pulumi";
import {
  AlarmChoice,
  type Grant,
  LockMode,
  ObjectStore,
  type ObjectStoreArgs,
  StoreEncryption,
} from "../../../components/index.ts";
import { OBJECT_STORE_ROLES } from "../../../components/object-store/check.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { type Granted, granted } from "../../support/granted.ts";

const place = { accountId: "111122223333", region: "eu-west-1" };
const notify = { choice: AlarmChoice.notify, topicArns: ["arn:aws:sns:eu-west-1:111122223333:ops"] };
const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/one";
const copyKeyArn = "arn:aws:kms:eu-central-1:111122223333:key/two";
const replication = {
  bucketArn: "arn:aws:s3:::copies",
  kmsKeyArn: copyKeyArn,
  region: "eu-central-1",
};
const BUCKET = "arn:aws:s3:eu-west-1:111122223333:bucket/docs-bucket";

function store(args: Partial<ObjectStoreArgs> = {}): Promise<Graph> {
  return record(() => {
    const { bucketName, bucketArn, domainName } = new ObjectStore("docs", {
      ...place,
      alarms: { choice: AlarmChoice.none },
      ...args,
    });
    return { bucketName, bucketArn, domainName };
  });
}

const s3 = (graph: Graph, kind: string, name?: string) => {
  const type = `aws:s3/${kind[0]?.toLowerCase()}${kind.slice(1)}:${kind}`;
  return find(graph, type, name);
};

function allowed(args: Partial<ObjectStoreArgs>, pick: (made: ObjectStore) => Grant): Promise<Granted> {
  return granted(() =>
    pick(new ObjectStore("docs", { ...place, alarms: { choice: AlarmChoice.none }, ...args })),
  );
}

describe("ObjectStore", () => {
  it("makes exactly what a private store needs", async () => {
    const graph = await store();
    const parts = (name: string) => [
      `aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration ${name}-lifecycle`,
      `aws:s3/bucketOwnershipControls:BucketOwnershipControls ${name}-ownership`,
      `aws:s3/bucketPolicy:BucketPolicy ${name}-policy`,
      `aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock ${name}-access`,
      `aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration ${name}-encryption`,
      `aws:s3/bucketVersioning:BucketVersioning ${name}-versioning`,
    ];
    expect(children(graph, "docs")).toEqual(
      [
        "aws:s3/bucket:Bucket docs-bucket",
        "aws:s3/bucket:Bucket docs-logs",
        "aws:s3/bucketLogging:BucketLogging docs-logging",
        ...parts("docs"),
        ...parts("docs-logs"),
      ].sort(),
    );
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      bucketName: "docs-bucket.id",
      bucketArn: BUCKET,
      domainName: "docs-bucket.bucketRegionalDomainName",
    });
  });

  it("is private, encrypted, versioned, logged and never emptied unless told otherwise", async () => {
    const graph = await store();
    expect(s3(graph, "Bucket", "docs-bucket")).toMatchObject({
      inputs: { forceDestroy: false },
      options: { protect: true },
    });
    expect(s3(graph, "BucketPublicAccessBlock", "docs-access").inputs).toEqual({
      bucket: "docs-bucket.id",
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(s3(graph, "BucketOwnershipControls", "docs-ownership").inputs).toMatchObject({
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    expect(s3(graph, "BucketServerSideEncryptionConfiguration", "docs-encryption").inputs.rules).toEqual([
      { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" }, bucketKeyEnabled: true },
    ]);
    expect(s3(graph, "BucketVersioning", "docs-versioning").inputs).toMatchObject({
      versioningConfiguration: { status: "Enabled" },
    });
    expect(s3(graph, "BucketLogging").inputs).toEqual({
      bucket: "docs-bucket.id",
      targetBucket: "docs-logs.id",
      targetPrefix: "access/",
      targetObjectKeyFormat: { partitionedPrefix: { partitionDateSource: "EventTime" } },
    });
  });

  it("refuses what is not TLS 1.2, and lets nobody in by itself", async () => {
    const policy = s3(await store(), "BucketPolicy", "docs-policy").inputs.policy as string;
    const refuse = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [BUCKET, `${BUCKET}/*`] };
    expect(JSON.parse(policy).Statement).toEqual([
      { Sid: "TlsOnly", ...refuse, Condition: { Bool: { "aws:SecureTransport": "false" } } },
      { Sid: "ModernTls", ...refuse, Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
    ]);
  });

  it("is read by exactly the distributions that are named, also when they are made later", async () => {
    const graph = await record(() => {
      const [later, resolve] = deferredOutput<string>();
      const made = new ObjectStore("docs", {
        ...place,
        encryption: StoreEncryption.s3,
        distributionArns: { www: later, app: "arn:aws:cloudfront::111122223333:distribution/APP" },
        alarms: { choice: AlarmChoice.none },
      });
      resolve(made.bucketArn.apply(() => "arn:aws:cloudfront::111122223333:distribution/WWW"));
    });
    const statements = JSON.parse(s3(graph, "BucketPolicy", "docs-policy").inputs.policy as string).Statement;
    expect(statements.slice(2)).toEqual([
      {
        Sid: "Distributions",
        Effect: "Allow",
        Principal: { Service: "cloudfront.amazonaws.com" },
        Action: "s3:GetObject",
        Resource: `${BUCKET}/*`,
        Condition: {
          StringEquals: {
            "AWS:SourceArn": [
              "arn:aws:cloudfront::111122223333:distribution/APP",
              "arn:aws:cloudfront::111122223333:distribution/WWW",
            ],
          },
        },
      },
    ]);
  });

  it("lets the log service write for this account's buckets only, or logs where it is told", async () => {
    const own = s3(await store(), "BucketPolicy", "docs-logs-policy").inputs.policy as string;
    expect(JSON.parse(own).Statement[1]).toEqual({
      Effect: "Allow",
      Principal: { Service: "logging.s3.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:eu-west-1:111122223333:bucket/docs-logs/access/111122223333/*",
      Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } },
    });
    const shared = await store({ accessLog: { bucketName: "all-logs" } });
    expect(s3(shared, "BucketLogging").inputs.targetBucket).toBe("all-logs");
    expect(s3(shared, "Bucket").name).toBe("docs-bucket");
    expect(children(await store({ accessLog: { enabled: false } }), "docs")).toHaveLength(7);
  });

  it("becomes an archive for audit without being replaced", async () => {
    const plain = await store();
    const archive = await store({ objectLock: { mode: LockMode.compliance, days: 2557 } });
    expect(s3(archive, "BucketObjectLockConfiguration")).toMatchObject({
      inputs: {
        bucket: "docs-bucket.id",
        rule: { defaultRetention: { mode: "COMPLIANCE", days: 2557 } },
      },
      dependsOn: [s3(archive, "BucketVersioning", "docs-versioning").urn],
    });
    const before = new Set(plain.resources.map((resource) => JSON.stringify(resource)));
    const changed = archive.resources.filter((resource) => !before.has(JSON.stringify(resource)));
    expect(changed.map(({ name }) => name)).toEqual(["docs-lock"]);
  });

  it("copies with a role that reads versions here and writes them there, by two keys", async () => {
    const graph = await store({ kmsKeyArn, replication, objectLock: { mode: "GOVERNANCE", days: 1 } });
    const policy = JSON.parse(find(graph, "aws:iam/rolePolicy:RolePolicy").inputs.policy as string);
    const via = (region: string) => ({ StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } });
    expect(policy.Statement).toEqual([
      {
        Effect: "Allow",
        Action: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
        Resource: [BUCKET],
      },
      {
        Effect: "Allow",
        Action: [
          "s3:GetObjectLegalHold",
          "s3:GetObjectRetention",
          "s3:GetObjectVersionAcl",
          "s3:GetObjectVersionForReplication",
          "s3:GetObjectVersionTagging",
        ],
        Resource: [`${BUCKET}/*`],
      },
      {
        Effect: "Allow",
        Action: [
          "s3:ObjectOwnerOverrideToBucketOwner",
          "s3:ReplicateDelete",
          "s3:ReplicateObject",
          "s3:ReplicateTags",
        ],
        Resource: ["arn:aws:s3:::copies/*"],
      },
      { Effect: "Allow", Action: ["kms:Decrypt"], Resource: [kmsKeyArn], Condition: via("eu-west-1") },
      {
        Effect: "Allow",
        Action: ["kms:Encrypt", "kms:GenerateDataKey"],
        Resource: [copyKeyArn],
        Condition: via("eu-central-1"),
      },
    ]);
    const trust = JSON.parse(find(graph, "aws:iam/role:Role").inputs.assumeRolePolicy as string);
    expect(trust.Statement[0].Condition).toEqual({
      StringEquals: { "aws:SourceAccount": "111122223333" },
      ArnLike: { "aws:SourceArn": BUCKET },
    });
    expect(s3(graph, "BucketReplicationConfig")).toMatchObject({
      inputs: {
        rules: [
          {
            id: "copy",
            status: "Enabled",
            deleteMarkerReplication: { status: "Disabled" },
            sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
            destination: {
              bucket: "arn:aws:s3:::copies",
              encryptionConfiguration: { replicaKmsKeyId: copyKeyArn },
              metrics: { status: "Enabled" },
            },
          },
        ],
      },
      dependsOn: expect.arrayContaining([s3(graph, "BucketVersioning", "docs-versioning").urn]),
    });
  });

  it("gives copies to another account within 15 minutes when asked", async () => {
    const graph = await store({
      encryption: StoreEncryption.s3,
      replication: {
        bucketArn: "arn:aws:s3:::copies",
        accountId: "444455556666",
        timeControl: true,
        deletes: true,
        prefix: "a/",
      },
    });
    const [rule] = s3(graph, "BucketReplicationConfig").inputs.rules as object[];
    expect(rule).toEqual({
      id: "copy",
      status: "Enabled",
      priority: 1,
      filter: { prefix: "a/" },
      deleteMarkerReplication: { status: "Enabled" },
      destination: {
        bucket: "arn:aws:s3:::copies",
        account: "444455556666",
        accessControlTranslation: { owner: "Destination" },
        metrics: { status: "Enabled", eventThreshold: { minutes: 15 } },
        replicationTime: { status: "Enabled", time: { minutes: 15 } },
      },
    });
  });

  it.each<[string, Partial<ObjectStoreArgs>, (made: ObjectStore) => Grant, object]>([
    [
      "read",
      {},
      (made) => made.grantRead,
      {
        name: "docs-read",
        statements: [
          { Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${BUCKET}/*`] },
          { Effect: "Allow", Action: ["s3:ListBucket"], Resource: [BUCKET] },
        ],
      },
    ],
    [
      "write",
      { kmsKeyArn },
      (made) => made.grantWrite,
      {
        name: "docs-write",
        statements: [
          {
            Effect: "Allow",
            Action: ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
            Resource: [`${BUCKET}/*`],
          },
          {
            Effect: "Allow",
            Action: ["kms:Decrypt", "kms:GenerateDataKey"],
            Resource: [kmsKeyArn],
            Condition: { StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } },
          },
        ],
      },
    ],
    [
      "delete",
      { kmsKeyArn },
      (made) => made.grantDelete,
      {
        name: "docs-delete",
        // Not s3:DeleteObjectVersion, and no way round a lock.
        statements: [{ Effect: "Allow", Action: ["s3:DeleteObject"], Resource: [`${BUCKET}/*`] }],
      },
    ],
  ])("grants no more than to %s, on this bucket and its key", async (_, args, pick, expected) => {
    expect(await allowed(args, pick)).toEqual({ connections: [], ...expected });
  });

  it("makes its alarms, and the metrics that they read", async () => {
    const graph = await store({
      alarms: notify,
      encryption: "s3",
      replication: { bucketArn: "arn:aws:s3:::copies" },
    });
    expect(s3(graph, "BucketMetric").inputs).toEqual({ bucket: "docs-bucket.id", name: "all" });
    const alarms = graph.resources.filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm");
    expect(alarms.map(({ name, inputs }) => [name, inputs.metricName, inputs.dimensions])).toEqual([
      ["docs-alarm-errors", "5xxErrors", { BucketName: "docs-bucket.id", FilterId: "all" }],
      [
        "docs-alarm-replication-failed",
        "OperationsFailedReplication",
        { SourceBucket: "docs-bucket.id", DestinationBucket: "copies", RuleId: "copy" },
      ],
      [
        "docs-alarm-replication-late",
        "ReplicationLatency",
        { SourceBucket: "docs-bucket.id", DestinationBucket: "copies", RuleId: "copy" },
      ],
    ]);
  });

  it("knows each role of its children", async () => {
    const mark = { region: "marked", tags: { marked: "yes" } };
    const overrides = Object.fromEntries(OBJECT_STORE_ROLES.map((role) => [role, mark]));
    const graph = await store({
      overrides,
      alarms: notify,
      kmsKeyArn,
      replication,
      objectLock: { mode: "GOVERNANCE", days: 1 },
    });
    const marked = graph.resources.filter(({ inputs }) =>
      JSON.stringify([inputs.region, inputs.tags]).includes("marked"),
    );
    const roles = new Set(marked.map(({ type, name }) => (name === "docs-logs" ? name : type)));
    expect(roles.size).toBe(OBJECT_STORE_ROLES.length);
  });

  it.each<[string, Partial<ObjectStoreArgs>, RegExp]>([
    ["a bucket name with dots", { bucketName: "a.b.c" }, /bucketName is "a.b.c"; allowed: 3 to 63 small/],
    ["a bucket name that AWS keeps", { bucketName: "xn--docs" }, /bucketName is "xn--docs"/],
    ["an unknown region", { region: "eu-moon-1" }, /region is "eu-moon-1"; allowed: a region of AWS/],
    [
      "an unknown encryption",
      { encryption: "none" as never },
      /encryption is "none"; allowed: one of kms, s3/,
    ],
    ["a key that is not used", { encryption: "s3", kmsKeyArn }, /encryption is "s3"; allowed: kms when/],
    [
      "a distribution that cannot decrypt",
      { distributionArns: { www: "arn" } },
      /encryption is "kms"; allowed: s3 for a distribution, or kms with a kmsKeyArn/,
    ],
    ["versions kept for no time", { noncurrentDays: 0 }, /noncurrentDays is 0; allowed: .*1 to 36500 days/],
    [
      "a rule without an effect",
      { lifecycle: { a: {} } },
      /lifecycle\.a is {}; allowed: infrequentAfterDays/,
    ],
    [
      "a lock without a mode",
      { objectLock: { days: 1 } as never },
      /objectLock\.mode is missing; allowed: one of/,
    ],
    ["a lock without an end", { objectLock: { mode: "GOVERNANCE", days: 0 } }, /objectLock\.days is 0/],
    [
      "copies that the role cannot decrypt",
      { replication: { bucketArn: "arn" } },
      /kmsKeyArn is missing; allowed: a key of your own, or encryption s3/,
    ],
    [
      "copies without a key of their own",
      { kmsKeyArn, replication: { bucketArn: "arn" } },
      /replication\.kmsKeyArn is missing; allowed: a key in the region of the copies/,
    ],
    [
      "a key of no region",
      { kmsKeyArn, replication: { bucketArn: "arn", kmsKeyArn } },
      /replication\.region is missing; allowed: the region of the copies/,
    ],
    [
      "copies for no account",
      { encryption: "s3", replication: { bucketArn: "arn", accountId: "1" } },
      /replication\.accountId is "1"; allowed: an account number/,
    ],
    ["a log that S3 cannot keep", { accessLog: { retentionDays: 0 } }, /accessLog\.retentionDays is 0/],
    [
      "alarms that are not chosen",
      { alarms: undefined },
      /alarms\.choice is missing; allowed: one of notify/,
    ],
    [
      "an unknown role",
      { overrides: { buckets: {} } },
      /overrides\.buckets is "buckets"; allowed: a child role/,
    ],
  ])("refuses %s", async (_, args, fault) => {
    const made = store(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^ObjectStore "docs": /);
  });

  it("makes the recorded archive for audit", async () => {
    const graph = await record(
      () => {
        new ObjectStore("audit", {
          ...place,
          kmsKeyArn,
          objectLock: { mode: LockMode.compliance, days: 2557 },
          lifecycle: { old: { archiveAfterDays: 90, expireAfterDays: 2557 } },
          replication: { ...replication, timeControl: true },
          alarms: notify,
        });
      },
      { project: "golden", stack: "production" },
    );
    expectGolden(graph, "test/components/object-store/fixtures/audit.json");
  });
});
