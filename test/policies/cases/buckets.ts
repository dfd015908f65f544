import { type Given, given, type Table, when } from "../../../policies/testing/index.ts";

const bucket = (inputs: Record<string, unknown> = {}, type = "aws:s3/bucket:Bucket") =>
  given(type, "files", { bucket: "files", ...inputs });
const of = (kind: string, inputs: Record<string, unknown>, isLinked = true): Given =>
  given(
    `aws:s3/${kind[0]!.toLowerCase()}${kind.slice(1)}:${kind}`,
    kind,
    { bucket: isLinked ? "x" : "files", ...inputs },
    isLinked ? { from: { bucket: "files" } } : {},
  );
const blocked = (changes = {}) =>
  of("BucketPublicAccessBlock", {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
    ...changes,
  });
const statement = (effect: string, principal: unknown, condition?: unknown, action: unknown = "s3:*") => ({
  Effect: effect,
  Principal: principal,
  Action: action,
  Resource: "*",
  ...(condition ? { Condition: condition } : {}),
});
const document = (...statements: unknown[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const policy = (...statements: unknown[]) => of("BucketPolicy", { policy: document(...statements) });
const plain = { Bool: { "aws:SecureTransport": "false" } };
const tls = statement("Deny", "*", plain);
const versioning = (status: string, kind = "BucketVersioning") =>
  of(kind, { versioningConfiguration: { status } });
const lifecycle = (status = "Enabled", kind = "BucketLifecycleConfiguration") =>
  of(kind, { rules: [{ id: "a", status }] });
const encryption = (how: unknown) =>
  of("BucketServerSideEncryptionConfiguration", { rules: [{ applyServerSideEncryptionByDefault: how }] });

export const buckets: Record<string, Table> = {
  "s3-public-access": {
    good: [
      when("blocked", [bucket(), blocked()]),
      when("blocked by name", [
        bucket(),
        of(
          "BucketPublicAccessBlock",
          {
            blockPublicAcls: true,
            blockPublicPolicy: true,
            ignorePublicAcls: true,
            restrictPublicBuckets: true,
          },
          false,
        ),
      ]),
      when("blocked for the account", [
        bucket(),
        of(
          "AccountPublicAccessBlock",
          {
            blockPublicAcls: true,
            blockPublicPolicy: true,
            ignorePublicAcls: true,
            restrictPublicBuckets: true,
          },
          false,
        ),
      ]),
      when("open to one distribution", [
        bucket(),
        blocked(),
        policy(statement("Allow", { Service: "cloudfront.amazonaws.com" })),
      ]),
      when("open to an organization", [
        bucket(),
        blocked(),
        policy(statement("Allow", "*", { StringEquals: { "aws:PrincipalOrgID": "o-1" } })),
      ]),
    ],
    bad: [
      when(
        "a policy for everyone by TLS",
        [bucket(), blocked(), policy(statement("Allow", "*", { Bool: { "aws:SecureTransport": "true" } }))],
        { says: "lets everyone in" },
      ),
      when(
        "a policy for every address",
        [
          bucket(),
          blocked(),
          policy(statement("Allow", "*", { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } })),
        ],
        { says: "lets everyone in" },
      ),
      when("no block", [bucket()], { says: "no block" }),
      when(
        "the block of another",
        [
          bucket(),
          given("aws:s3/bucket:Bucket", "other", {}),
          given(
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "b",
            { bucket: "y" },
            { from: { bucket: "other" } },
          ),
        ],
        { says: "no block" },
      ),
      ...["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].map((name) =>
        when(`without ${name}`, [bucket({}, "aws:s3/bucketV2:BucketV2"), blocked({ [name]: false })], {
          says: name,
        }),
      ),
      when("an access list inline", [bucket({ acl: "public-read" }), blocked()], { says: "public-read" }),
      when("a separate one", [bucket(), blocked(), of("BucketAcl", { acl: "public-read-write" })], {
        says: "public-read-write",
      }),
      when(
        "a separate one of the second generation",
        [bucket(), blocked(), of("BucketAclV2", { acl: "authenticated-read" })],
        { says: "authenticated-read" },
      ),
      when(
        "grants inline",
        [bucket({ grants: [{ uri: "http://acs.amazonaws.com/groups/global/AllUsers" }] }), blocked()],
        { says: "everyone" },
      ),
      when(
        "grants separate",
        [
          bucket(),
          blocked(),
          of("BucketAcl", {
            accessControlPolicy: {
              grants: [{ grantee: { uri: "http://acs.amazonaws.com/groups/global/AllUsers" } }],
            },
          }),
        ],
        { says: "everyone" },
      ),
      when("a policy", [bucket(), blocked(), policy(statement("Allow", "*", undefined, "s3:GetObject"))], {
        says: "lets everyone in",
      }),
      when("a policy inline", [bucket({ policy: document(statement("Allow", { AWS: "*" })) }), blocked()], {
        says: "lets everyone in",
      }),
      when(
        "everyone but one",
        [
          bucket({
            policy: document({ Effect: "Allow", NotPrincipal: { AWS: "a" }, Action: "s3:*", Resource: "*" }),
          }),
          blocked(),
        ],
        { says: "lets everyone in" },
      ),
    ],
  },
  "s3-tls-only": {
    good: [
      when("a policy", [bucket(), policy(tls)]),
      when("by name", [bucket(), of("BucketPolicy", { policy: document(tls) }, false)]),
      when("inline", [bucket({ policy: document(tls) })]),
      when("as an object", [bucket({ policy: { Statement: tls } })]),
    ],
    bad: [
      when("no policy", [bucket()], { says: "without TLS" }),
      when("a policy about something else", [bucket(), policy(statement("Allow", "a"))], {
        says: "without TLS",
      }),
      when("allows", [bucket(), policy({ ...tls, Effect: "Allow" })], { says: "without TLS" }),
      when("for one principal", [bucket(), policy(statement("Deny", { AWS: "a" }, plain))], {
        says: "without TLS",
      }),
      when("for some actions", [bucket(), policy(statement("Deny", "*", plain, "s3:GetObject"))], {
        says: "without TLS",
      }),
      when(
        "the other way round",
        [bucket(), policy(statement("Deny", "*", { Bool: { "aws:SecureTransport": "true" } }))],
        { says: "without TLS" },
      ),
      when(
        "on a further condition",
        [bucket(), policy(statement("Deny", "*", { ...plain, StringEquals: { a: "b" } }))],
        { says: "without TLS" },
      ),
      when("not known yet", [bucket(), of("BucketPolicy", { policy: "[unknown]" })], {
        says: "policy",
        kind: "cannot-decide",
      }),
    ],
  },
  "s3-versions": {
    good: [
      when("separate", [bucket(), versioning("Enabled"), lifecycle()]),
      when("separate, of the second generation", [
        bucket(),
        versioning("Enabled", "BucketVersioningV2"),
        lifecycle("Enabled", "BucketLifecycleConfigurationV2"),
      ]),
      when("inline", [bucket({ versioning: { enabled: true }, lifecycleRules: [{ enabled: true }] })]),
      when("inline, of the second generation", [
        bucket(
          { versionings: [{ enabled: true }], lifecycleRules: [{ enabled: true }] },
          "aws:s3/bucketV2:BucketV2",
        ),
      ]),
    ],
    bad: [
      when("not said", [bucket(), lifecycle()], { says: "no versions" }),
      when("suspended", [bucket(), versioning("Suspended"), lifecycle()], { says: "no versions" }),
      when("off inline", [bucket({ versioning: { enabled: false } }), lifecycle()], { says: "no versions" }),
      when("no end", [bucket(), versioning("Enabled")], { says: "never lets anything go" }),
      when("an end that is off", [bucket(), versioning("Enabled"), lifecycle("Disabled")], {
        says: "never lets anything go",
      }),
      when(
        "an end that is off inline",
        [bucket({ lifecycleRules: [{ enabled: false }] }), versioning("Enabled")],
        { says: "never" },
      ),
    ],
  },
  "s3-owner-enforced": {
    good: [
      when("said", [
        bucket(),
        of("BucketOwnershipControls", { rule: { objectOwnership: "BucketOwnerEnforced" } }),
      ]),
      when("a new bucket", [bucket()]),
    ],
    bad: [
      when(
        "the writer's",
        [bucket(), of("BucketOwnershipControls", { rule: { objectOwnership: "ObjectWriter" } })],
        { says: "access lists decide" },
      ),
      when("an access list", [bucket(), of("BucketAcl", { acl: "private" })], { says: "has an access list" }),
      when("grants", [bucket({ grants: [{ id: "a" }] })], { says: "has an access list" }),
    ],
  },
  "s3-access-log": {
    good: [
      when("separate", [bucket(), of("BucketLogging", { targetBucket: "logs" })]),
      when("inline", [bucket({ logging: { targetBucket: "logs" } })]),
      when("inline, of the second generation", [
        bucket({ loggings: [{ targetBucket: "logs" }] }, "aws:s3/bucketV2:BucketV2"),
      ]),
      when("holds logs of a bucket", [
        bucket(),
        of("BucketLogging", { bucket: "other", targetBucket: "files" }, false),
      ]),
      when("holds logs of a load balancer", [
        bucket(),
        given("aws:lb/loadBalancer:LoadBalancer", "lb", {}, { from: { accessLogs: "files" } }),
      ]),
      when("holds logs of another stack", [bucket({ tags: { "roost:holds": "logs" } })]),
    ],
    bad: [when("none", [bucket()], { says: "no access log" })],
  },
  "s3-not-force-destroyed": {
    good: [
      when("kept", [bucket({ forceDestroy: false })]),
      when("with a key", [bucket(), encryption({ sseAlgorithm: "aws:kms", kmsMasterKeyId: "k" })]),
      when("AES", [bucket(), encryption({ sseAlgorithm: "AES256" })]),
    ],
    bad: [
      when("destroyed", [bucket({ forceDestroy: true })], { says: "all that is in it" }),
      when("AWS's key", [bucket(), encryption({ sseAlgorithm: "aws:kms" })], {
        says: "policies cannot name",
      }),
      when(
        "AWS's key inline",
        [
          bucket({
            serverSideEncryptionConfiguration: {
              rule: { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } },
            },
          }),
        ],
        { says: "policies cannot name" },
      ),
    ],
  },
};
