import { given, type Table, when } from "../../../policies/testing/index.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const container = (changes: Record<string, unknown> = {}) => ({
  name: "main",
  image: `registry.example.com/shop@${digest}`,
  user: "65532:65532",
  readonlyRootFilesystem: true,
  memory: 256,
  environment: [{ name: "LEVEL", value: "info" }],
  logConfiguration: { logDriver: "awslogs" },
  ...changes,
});
const task = (changes: Record<string, unknown> = {}, inputs: Record<string, unknown> = {}, from = {}) =>
  given(
    "aws:ecs/taskDefinition:TaskDefinition",
    "task",
    { networkMode: "awsvpc", containerDefinitions: JSON.stringify([container(changes)]), ...inputs },
    { from },
  );
const service = (inputs: Record<string, unknown>, type = "aws:ecs/service:Service") =>
  given(type, "service", inputs);
const network = (assignPublicIp: unknown) => ({ networkConfiguration: { assignPublicIp, subnets: ["a"] } });
const cluster = (inputs: Record<string, unknown>) => given("aws:ecs/cluster:Cluster", "cluster", inputs);
const insights = (value: string) => ({ settings: [{ name: "containerInsights", value }] });
const exec = (changes: Record<string, unknown>) => ({
  ...insights("enabled"),
  configuration: {
    executeCommandConfiguration: {
      kmsKeyId: "k",
      logging: "OVERRIDE",
      logConfiguration: { cloudWatchEncryptionEnabled: true },
      ...changes,
    },
  },
});
const role = (name: string, inputs: Record<string, unknown> = {}) => given("aws:iam/role:Role", name, inputs);
const policy = (resource: string, action = "secretsmanager:GetSecretValue") =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Action: action, Resource: resource }] });
const roles = (start: string, own: string) =>
  task({}, { executionRoleArn: "a", taskRoleArn: "b" }, { executionRoleArn: start, taskRoleArn: own });
const rights = (document: string) =>
  given(
    "aws:iam/rolePolicy:RolePolicy",
    "rights",
    { role: "start.id", policy: document },
    { from: { role: "start" } },
  );
const wide = given("aws:iam/policy:Policy", "wide", { policy: policy("*") });
const attached = [
  given(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "to",
    {},
    { from: { role: "start", policyArn: "wide" } },
  ),
];
const safe = { deploymentCircuitBreaker: { enable: true, rollback: true } };
const volume = (changes: Record<string, unknown>) =>
  task(
    {},
    {
      volumes: [
        {
          name: "files",
          efsVolumeConfiguration: {
            transitEncryption: "ENABLED",
            authorizationConfig: { accessPointId: "p", iam: "ENABLED" },
            ...changes,
          },
        },
      ],
    },
  );
const point = (inputs: Record<string, unknown>) =>
  given("aws:efs/accessPoint:AccessPoint", "point", {
    posixUser: { uid: 1, gid: 1 },
    rootDirectory: { path: "/data" },
    ...inputs,
  });
const variable = (name: string, value: string) => task({ environment: [{ name, value }] });

export const ecs: Record<string, Table> = {
  "ecs-no-public-ip": {
    good: [
      when("turned off", [service(network(false))]),
      when("not said", [
        service({ networkConfiguration: { subnets: ["a"] } }),
        service({}, "aws:ecs/taskSet:TaskSet"),
      ]),
    ],
    bad: [
      when("a service", [service(network(true))], { says: "public addresses" }),
      when("as a text", [service(network("true"))], { says: "public addresses" }),
      when("a task set", [service(network(true), "aws:ecs/taskSet:TaskSet")], { says: "public addresses" }),
      when(
        "a task of an event",
        [given("aws:cloudwatch/eventTarget:EventTarget", "e", { ecsTarget: network(true) })],
        { says: "public" },
      ),
      when(
        "a task of a schedule",
        [given("aws:scheduler/schedule:Schedule", "s", { target: { ecsParameters: network(true) } })],
        { says: "public" },
      ),
      when(
        "a task of a pipe",
        [
          given("aws:pipes/pipe:Pipe", "p", {
            targetParameters: {
              ecsTaskParameters: {
                networkConfiguration: { awsVpcConfiguration: { assignPublicIp: "ENABLED" } },
              },
            },
          }),
        ],
        { says: "public" },
      ),
      when("not known yet", [service(network("[unknown]"))], {
        says: "assignPublicIp",
        kind: "cannot-decide",
      }),
    ],
  },
  "ecs-readonly-root": {
    good: [when("read only", [task()])],
    bad: [
      when("writable", [task({ readonlyRootFilesystem: false })], {
        says: "writable root file system in container main",
      }),
      when("not said", [task({ readonlyRootFilesystem: undefined })], { says: "writable" }),
      when("text that is no JSON", [task({}, { containerDefinitions: "[" })], {
        says: "no JSON",
        kind: "cannot-decide",
      }),
      when("a secret text", [task({}, { containerDefinitions: "[secret]" })], {
        says: "not known",
        kind: "cannot-decide",
      }),
    ],
  },
  "ecs-non-root": {
    good: [when("a number", [task()]), when("a name", [task({ user: "app" })])],
    bad: [
      when("nobody named", [task({ user: undefined })], { says: "names no user" }),
      when("an empty name", [task({ user: ":1000" })], { says: "names no user" }),
      when("root", [task({ user: "root" })], { says: "as root" }),
      when("root by number, with a group", [task({ user: "0:1000" })], { says: "as root" }),
      when("root by a longer number", [task({ user: "00" })], { says: "as root" }),
    ],
  },
  "ecs-no-privilege": {
    good: [
      when("nothing asked for", [task()]),
      when("capabilities dropped", [task({ linuxParameters: { capabilities: { drop: ["ALL"] } } })]),
    ],
    bad: [
      when("privileged", [task({ privileged: true })], { says: "privileged" }),
      when("processes", [task({}, { pidMode: "host" })], { says: "processes" }),
      when("memory", [task({}, { ipcMode: "host" })], { says: "memory" }),
      when("network", [task({}, { networkMode: "host" })], { says: "network" }),
      when("capabilities", [task({ linuxParameters: { capabilities: { add: ["SYS_ADMIN"] } } })], {
        says: "SYS_ADMIN",
      }),
    ],
  },
  "ecs-no-plain-secrets": {
    good: [
      when("what is no secret", [task()]),
      when("where a secret is", [variable("DB_PASSWORD_ARN", "x"), variable("SECRET_NAME", "shop/db")]),
      when("an ARN", [variable("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:1:secret:x")]),
      when("nothing", [variable("API_KEY", "")]),
      when("a long path", [variable("CLASSPATH", "/opt/app/lib/one.jar:/opt/app/lib/two.jar")]),
      when("a digest's host", [variable("HOST", "database-instance.abcdefgh.eu-west-1.rds.amazonaws.com")]),
    ],
    bad: [
      when("by its name", [variable("DB_PASSWORD", "hunter2")], { says: "DB_PASSWORD" }),
      when("by a name in camel case", [variable("stripeApiKey", "x")], { says: "stripeApiKey" }),
      when("by the form of an AWS key", [variable("A", "AKIAIOSFODNN7EXAMPLE")], { says: "form of a key" }),
      when("by the form of a URL", [variable("URL", "postgres://app:hunter2@db:5432/app")], {
        says: "form of a key",
      }),
      when("by how random it is", [variable("VALUE", "wJ4lrX2UtnF7EMIK8MDENGbPx9RfiCYz3QaB6")], {
        says: "random",
      }),
    ],
  },
  "ecs-logs": {
    good: [when("a driver", [task()])],
    bad: [
      when("none", [task({ logConfiguration: undefined })], { says: "keeps no log of container main" }),
      when("the driver none", [task({ logConfiguration: { logDriver: "none" } })], { says: "keeps no log" }),
    ],
  },
  "ecs-insights": {
    good: [
      when("enabled", [cluster(insights("enabled"))]),
      when("enhanced, with exec", [cluster({ ...exec({}), ...insights("enhanced") })]),
    ],
    bad: [
      when("not said", [cluster({})], { says: "no Container Insights" }),
      when("turned off", [cluster(insights("disabled"))], { says: "no Container Insights" }),
      when("exec without a key", [cluster(exec({ kmsKeyId: undefined }))], { says: "key of yours" }),
      when("exec without a log", [cluster(exec({ logging: "NONE" }))], { says: "no log of exec" }),
      when("exec with an open log", [cluster(exec({ logConfiguration: { cloudWatchLogGroupName: "g" } }))], {
        says: "unencrypted",
      }),
    ],
  },
  "ecs-platform": {
    good: [
      when("the newest", [service({ launchType: "FARGATE", platformVersion: "LATEST" }), task()]),
      when("not said", [service({ launchType: "FARGATE" })]),
      when("a limit of the task", [task({ memory: undefined }, { memory: "512" })]),
    ],
    bad: [
      when("an old platform", [service({ launchType: "FARGATE", platformVersion: "1.3.0" })], {
        says: "1.3.0",
      }),
      when(
        "by a capacity provider",
        [
          service({
            capacityProviderStrategies: [{ capacityProvider: "FARGATE_SPOT" }],
            platformVersion: "1.4.0",
          }),
        ],
        { says: "1.4.0" },
      ),
      when("the machine's bridge", [task({}, { networkMode: "bridge" })], { says: "bridge" }),
      when("no network mode", [task({}, { networkMode: undefined })], { says: "bridge" }),
      when("no limit", [task({ memory: undefined })], { says: "no limit to the memory" }),
    ],
  },
  "ecs-roles": {
    good: [
      when("two roles", [
        role("start"),
        role("own"),
        roles("start", "own"),
        rights(policy("arn:aws:secretsmanager:eu-west-1:1:secret:db-abc")),
      ]),
      when("a token of the registry", [
        role("start"),
        role("own"),
        roles("start", "own"),
        rights(policy("*", "ecr:GetAuthorizationToken")),
      ]),
    ],
    bad: [
      when("one role", [role("start"), roles("start", "start")], { says: "one role" }),
      when("one role of another stack", [task({}, { executionRoleArn: "arn:1", taskRoleArn: "arn:1" })], {
        says: "one role",
      }),
      when("every secret", [role("start"), role("own"), roles("start", "own"), rights(policy("*"))], {
        says: "any secret",
      }),
      when(
        "every secret of an account",
        [
          role("start"),
          role("own"),
          roles("start", "own"),
          rights(policy("arn:aws:secretsmanager:eu-west-1:1:secret:*")),
        ],
        { says: "any secret" },
      ),
      when(
        "every parameter",
        [
          role("start"),
          role("own"),
          roles("start", "own"),
          rights(policy("arn:aws:ssm:eu-west-1:1:parameter/*", "ssm:GetParameters")),
        ],
        { says: "any secret" },
      ),
      when(
        "by a pattern",
        [role("start"), role("own"), roles("start", "own"), rights(policy("*", "secretsmanager:Get*"))],
        { says: "any secret" },
      ),
      when(
        "by a policy that is attached",
        [role("start"), role("own"), roles("start", "own"), wide, ...attached],
        { says: "any secret" },
      ),
      when(
        "by a policy that the role names",
        [role("own"), wide, { ...role("start"), from: { managedPolicyArns: "wide" } }, roles("start", "own")],
        { says: "any secret" },
      ),
      when(
        "inline",
        [
          role("start", { inlinePolicies: [{ policy: policy("*", "secretsmanager:*") }] }),
          role("own"),
          roles("start", "own"),
        ],
        { says: "any secret" },
      ),
    ],
  },
  "ecs-safe-deployment": {
    good: [
      when("a breaker", [service(safe)]),
      when("CodeDeploy", [service({ deploymentController: { type: "CODE_DEPLOY" } })]),
      when("alarms", [service({ alarms: { enable: true, rollback: true } })]),
      when("somebody else's controller", [service({ deploymentController: { type: "EXTERNAL" } })]),
    ],
    bad: [
      when("nothing", [service({})], { says: "keeps a deployment that fails" }),
      when(
        "a breaker that does not go back",
        [service({ deploymentCircuitBreaker: { enable: true, rollback: false } })],
        { says: "keeps" },
      ),
      when(
        "a breaker that is off",
        [service({ deploymentCircuitBreaker: { enable: false, rollback: true } })],
        { says: "keeps" },
      ),
      when("half of the tasks", [service({ ...safe, deploymentMinimumHealthyPercent: 50 })], {
        says: "50 %",
      }),
    ],
  },
  "ecs-efs-volumes": {
    good: [
      when("TLS, IAM, a point", [volume({}), point({})]),
      when("no files", [task({}, { volumes: [{ name: "tmp" }] })]),
    ],
    bad: [
      when("without TLS", [volume({ transitEncryption: "DISABLED" })], { says: "without TLS" }),
      when("TLS not said", [volume({ transitEncryption: undefined })], { says: "without TLS" }),
      when("without IAM", [volume({ authorizationConfig: { accessPointId: "p" } })], { says: "without IAM" }),
      when("without a point", [volume({ authorizationConfig: { iam: "ENABLED" } })], {
        says: "without an access point",
      }),
      when("a point without a user", [point({ posixUser: undefined })], { says: "their own user" }),
      when("a point at the root", [point({ rootDirectory: { path: "/" } })], { says: "whole file system" }),
      when("a point without a folder", [point({ rootDirectory: undefined })], { says: "whole file system" }),
    ],
  },
  "ecs-pinned-images": {
    good: [
      when("a digest", [task()]),
      when(
        "a tag of an immutable registry",
        [task({ image: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/a:v1" })],
        {
          settings: { immutable: ["111122223333.dkr.ecr.eu-west-1.amazonaws.com"] },
        },
      ),
      when("an approved registry", [task()], { settings: { registries: ["registry.example.com"] } }),
    ],
    bad: [
      when("a tag", [task({ image: "nginx:1.29" })], { says: "nginx:1.29, which is pinned by no digest" }),
      when("nothing", [task({ image: "nginx" })], { says: "pinned" }),
      when("latest of an immutable registry", [task({ image: "registry.example.com/a:latest" })], {
        says: "pinned",
        settings: { immutable: ["registry.example.com"] },
      }),
      when("another registry", [task()], {
        says: "no approved registry",
        settings: { registries: ["registry.example.co"] },
      }),
      when(
        "a registry whose name begins alike",
        [task({ image: `registry.example.com.evil.org/a@${digest}` })],
        { says: "no approved", settings: { registries: ["registry.example.com"] } },
      ),
    ],
  },
};
