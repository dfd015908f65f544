import { describe, expect, it } from "@jest/globals";
import { SERVICE_ROLES } from "../../../components/fargate-service/check.ts";
import { Cluster, FargateService, LoadBalancer, Network } from "../../../components/index.ts";
import { children, find, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { cluster, containers, front, image, network, ofType, service, statements } from "./service-lab.ts";

const SERVICE = "aws:ecs/service:Service";
const TASK = "aws:ecs/taskDefinition:TaskDefinition";
const RULE = "aws:lb/listenerRule:ListenerRule";
const EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

describe("FargateService", () => {
  it("makes exactly what a worker without a port needs", async () => {
    const graph = await service();
    expect(children(graph, "api")).toEqual([
      "aws:appautoscaling/policy:Policy api-scaling-cpu",
      "aws:appautoscaling/policy:Policy api-scaling-memory",
      "aws:appautoscaling/target:Target api-scaling",
      "aws:cloudwatch/logGroup:LogGroup api-logs",
      "aws:ec2/securityGroup:SecurityGroup api-group",
      "aws:ecs/service:Service api-service",
      "aws:ecs/taskDefinition:TaskDefinition api-task",
      "aws:iam/role:Role api-execution",
      "aws:iam/role:Role api-task",
      "aws:iam/rolePolicy:RolePolicy api-execution-policy",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule api-to-https",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      taskFamily: "api",
      securityGroupId: "api-group.id",
      targetGroupArn: "",
      port: 0,
    });
  });

  it("adds exactly a target group, a route and a path behind a shared load balancer", async () => {
    const before = new Set(children(await service(), "api"));
    const graph = await service({ port: 8080, front });
    expect(children(graph, "api").filter((child) => !before.has(child))).toEqual([
      "aws:lb/listenerRule:ListenerRule api-route-main",
      "aws:lb/targetGroup:TargetGroup api-targets",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule api-front-to-tasks",
      "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule api-from-front",
    ]);
    expect(find(graph, INGRESS).inputs).toMatchObject({
      securityGroupId: "api-group.id",
      referencedSecurityGroupId: "sg-front",
      fromPort: 8080,
      toPort: 8080,
    });
    expect(find(graph, SERVICE).dependsOn).toEqual([find(graph, RULE).urn]);
  });

  it("is asked for its health on a port of its own, and speaks gRPC", async () => {
    const graph = await service({
      port: 8080,
      portProtocol: "grpc",
      front: { ...front, health: { port: 9000 } },
    });
    expect(find(graph, "aws:lb/targetGroup:TargetGroup").inputs).toMatchObject({
      port: 8080,
      protocolVersion: "GRPC",
      healthCheck: { port: "9000", matcher: "0" },
    });
    expect(ofType(graph, INGRESS).map(({ name, inputs }) => [name, inputs.fromPort])).toEqual([
      ["api-from-front", 8080],
      ["api-from-front-health", 9000],
    ]);
    expect(containers(graph).main?.portMappings).toMatchObject([{ appProtocol: "grpc" }]);
    const other = await service({ port: 5432, portProtocol: "tcp" });
    expect(containers(other).main?.portMappings).toEqual([
      { name: "main", containerPort: 5432, protocol: "tcp" },
    ]);
  });

  it("runs tasks that may do little", async () => {
    const graph = await service({ port: 8080, writablePaths: ["/tmp"] });
    expect(containers(graph).main).toMatchObject({
      user: "65532:65532",
      readonlyRootFilesystem: true,
      privileged: false,
      essential: true,
      linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
      restartPolicy: { enabled: true },
      portMappings: [{ name: "main", containerPort: 8080, protocol: "tcp", appProtocol: "http" }],
      mountPoints: [{ sourceVolume: "main-tmp", containerPath: "/tmp", readOnly: false }],
      logConfiguration: {
        logDriver: "awslogs",
        options: { "awslogs-group": "api-logs.name", mode: "non-blocking" },
      },
    });
    expect(find(graph, SERVICE).inputs).toMatchObject({
      networkConfiguration: {
        assignPublicIp: false,
        subnets: ["subnet-private"],
        securityGroups: ["api-group.id"],
      },
      deploymentCircuitBreaker: { enable: true, rollback: true },
      enableExecuteCommand: false,
      platformVersion: "LATEST",
    });
    expect(find(graph, TASK).inputs).toMatchObject({
      networkMode: "awsvpc",
      runtimePlatform: { cpuArchitecture: "ARM64" },
      cpu: "256",
      memory: "512",
      volumes: [{ name: "main-tmp" }],
    });
    expect(find(graph, "aws:cloudwatch/logGroup:LogGroup").inputs).toMatchObject({ retentionInDays: 365 });
  });

  it("lets only ECS of this account and region take its roles", async () => {
    const graph = await service();
    for (const name of ["api-execution", "api-task"]) {
      const policy = find(graph, "aws:iam/role:Role", name).inputs.assumeRolePolicy as string;
      expect(JSON.parse(policy).Statement).toEqual([
        {
          Effect: "Allow",
          Principal: { Service: "ecs-tasks.amazonaws.com" },
          Action: "sts:AssumeRole",
          Condition: {
            ArnLike: { "aws:SourceArn": "arn:aws:ecs:eu-west-1:111122223333:*" },
            StringEquals: { "aws:SourceAccount": "111122223333" },
          },
        },
      ]);
    }
  });

  it("gives secrets by reference, to the execution role alone and exactly those", async () => {
    const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-x";
    const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/k";
    const secrets = { DB_PASSWORD: { arn, field: "password", kmsKeyArn } };
    const graph = await service({ secrets, environment: { B: "2", A: "1" } });
    expect(containers(graph).main).toMatchObject({
      environment: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
      secrets: [{ name: "DB_PASSWORD", valueFrom: `${arn}:password::` }],
    });
    const granted = statements(graph, "api-execution-policy");
    expect(granted).toContainEqual({
      Effect: "Allow",
      Action: ["secretsmanager:GetSecretValue"],
      Resource: [arn],
    });
    expect(granted).toContainEqual({ Effect: "Allow", Action: ["kms:Decrypt"], Resource: [kmsKeyArn] });
    expect(ofType(graph, "aws:iam/rolePolicy:RolePolicy").map(({ name }) => name)).toEqual([
      "api-execution-policy",
    ]);
  });

  it("keeps one task family when the image changes, and the earlier revision", async () => {
    const [before, after] = await Promise.all([service(), service({ image: image.replaceAll("a1", "b2") })]);
    const task = (graph: typeof before) => find(graph, TASK);
    expect(task(after).urn).toBe(task(before).urn);
    expect([task(before).inputs.family, task(after).inputs.family]).toEqual(["api", "api"]);
    expect(task(after).inputs.skipDestroy).toBe(true);
    expect(task(await service({ family: "shop-api" })).inputs.family).toBe("shop-api");
    const changed = after.resources.filter(
      (resource, at) => JSON.stringify(resource) !== JSON.stringify(before.resources[at]),
    );
    expect(changed.filter(({ custom }) => custom).map(({ name }) => name)).toEqual(["api-task"]);
  });

  it("leaves the running revision alone when somebody else owns the image", async () => {
    expect(find(await service(), SERVICE).options.ignoreChanges).toEqual(["desiredCount"]);
    const graph = await service({ imageOwner: "external", autoscaling: { enabled: false } });
    expect(find(graph, SERVICE)).toMatchObject({
      options: { ignoreChanges: ["taskDefinition"] },
      inputs: { waitForSteadyState: false },
    });
  });

  it.each(["BLUE_GREEN", "CANARY", "LINEAR"] as const)(
    "deploys %s with a second group and a test route",
    async (strategy) => {
      const graph = await service({
        port: 80,
        front: { ...front, testTraffic: true },
        deployment: { strategy },
      });
      expect(ofType(graph, "aws:lb/targetGroup:TargetGroup").map(({ name }) => name)).toEqual([
        "api-targets",
        "api-targets-alternate",
      ]);
      const rules = ofType(graph, RULE);
      expect(rules.map(({ name, inputs }) => [name, inputs.listenerArn])).toEqual([
        ["api-route-main", "arn:listener"],
        ["api-test-main", "arn:test-listener"],
      ]);
      for (const { options } of rules) expect(options.ignoreChanges).toEqual(["actions"]);
      const arn = (kind: string, name: string) =>
        `arn:aws:${kind.split("/")[0]}:eu-west-1:111122223333:${kind.split("/")[1]}/${name}`;
      expect(find(graph, SERVICE).inputs).toMatchObject({
        deploymentConfiguration: { strategy },
        loadBalancers: [
          {
            containerName: "main",
            containerPort: 80,
            targetGroupArn: arn("lb/targetGroup", "api-targets"),
            advancedConfiguration: {
              alternateTargetGroupArn: arn("lb/targetGroup", "api-targets-alternate"),
              productionListenerRule: arn("lb/listenerRule", "api-route-main"),
              testListenerRule: arn("lb/listenerRule", "api-test-main"),
              roleArn: arn("iam/role", "api-deployment"),
            },
          },
        ],
      });
      expect(find(graph, "aws:iam/rolePolicyAttachment:RolePolicyAttachment").inputs.policyArn).toBe(
        "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers",
      );
    },
  );

  it("brings a load balancer of its own", async () => {
    const own = {
      exposure: "public",
      certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/one",
      region: "eu-west-1",
      accountId: "111122223333",
    } as const;
    const graph = await service({ port: 80, front: { own, routes: { main: { paths: ["/*"] } } } });
    expect(namingFaults(graph)).toEqual([]);
    expect(children(graph, "api-front")).toContain("aws:lb/loadBalancer:LoadBalancer api-front-balancer");
    expect(find(graph, RULE).inputs).toMatchObject({
      listenerArn: "arn:aws:lb:eu-west-1:111122223333:listener/api-front-https",
      conditions: [{ pathPattern: { values: ["/*"] } }],
    });
  });

  it("is found by others, and calls them, through Service Connect", async () => {
    const graph = await service({ port: 8080, connect: { dnsName: "orders" } });
    expect(find(graph, SERVICE).inputs.serviceConnectConfiguration).toMatchObject({
      enabled: true,
      namespace: cluster.namespaceArn,
      services: [
        { portName: "main", discoveryName: "orders", clientAlias: [{ dnsName: "orders", port: 8080 }] },
      ],
      accessLogConfiguration: { format: "JSON" },
    });
    const alone = await service({ cluster: { ...cluster, namespaceArn: "" } });
    expect(find(alone, SERVICE).inputs.serviceConnectConfiguration).toEqual({ enabled: false });
    const off = await service({ connect: { enabled: false } });
    expect(find(off, SERVICE).inputs.serviceConnectConfiguration).toBeUndefined();
  });

  it("follows CPU, memory, requests and the clock", async () => {
    const graph = await service({
      port: 80,
      front,
      autoscaling: {
        minimum: 3,
        maximum: 30,
        cpuPercent: 60,
        requestsPerMinute: 1000,
        schedules: {
          morning: { at: "cron(0 7 ? * MON-FRI *)", timeZone: "Europe/Berlin", minimum: 5, maximum: 30 },
        },
      },
    });
    expect(find(graph, "aws:appautoscaling/target:Target")).toMatchObject({
      inputs: { resourceId: "service/main/api-service.name", minCapacity: 3, maxCapacity: 30 },
      options: { ignoreChanges: ["minCapacity", "maxCapacity"] },
    });
    const targets = ofType(graph, "aws:appautoscaling/policy:Policy").map(({ name, inputs }) => [
      name,
      inputs.targetTrackingScalingPolicyConfiguration,
    ]);
    expect(targets).toEqual([
      ["api-scaling-cpu", expect.objectContaining({ targetValue: 60 })],
      ["api-scaling-memory", expect.objectContaining({ targetValue: 75 })],
      [
        "api-scaling-requests",
        expect.objectContaining({
          targetValue: 1000,
          predefinedMetricSpecification: {
            predefinedMetricType: "ALBRequestCountPerTarget",
            resourceLabel: "app/front/1/api-targets.arnSuffix",
          },
        }),
      ],
    ]);
    expect(find(graph, "aws:appautoscaling/scheduledAction:ScheduledAction").inputs).toMatchObject({
      timezone: "Europe/Berlin",
      scalableTargetAction: { minCapacity: 5, maxCapacity: 30 },
    });
  });

  it("mounts file systems over TLS with its own identity, through an access point", async () => {
    const file = {
      path: "/data",
      fileSystemId: "fs-1",
      fileSystemArn: "arn:fs",
      accessPointId: "fsap-1",
      accessPointArn: "arn:fsap",
      securityGroupId: "sg-files",
    };
    const graph = await service({ files: { data: file }, sidecars: { shipper: { image } } });
    expect(find(graph, TASK).inputs.volumes).toEqual([
      {
        name: "files-data",
        efsVolumeConfiguration: {
          fileSystemId: "fs-1",
          transitEncryption: "ENABLED",
          authorizationConfig: { accessPointId: "fsap-1", iam: "ENABLED" },
        },
      },
    ]);
    expect(statements(graph, "api-files-data")).toEqual([
      {
        Effect: "Allow",
        Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        Resource: ["arn:fs"],
        Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": "arn:fsap" } },
      },
    ]);
    expect(find(graph, INGRESS).inputs).toMatchObject({ securityGroupId: "sg-files", fromPort: 2049 });
    expect(Object.keys(containers(graph))).toEqual(["main", "shipper"]);
    expect(containers(graph).shipper).toMatchObject({ essential: false, readonlyRootFilesystem: true });
  });

  it("gives the task role exactly what grants say, and opens exactly their ports", async () => {
    const statement = { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::b/*"] };
    const graph = await record(() => {
      const callee = new FargateService("orders", {
        cluster,
        network,
        image,
        port: 9000,
        alarms: { choice: "none" },
      });
      new FargateService("api", {
        cluster,
        network,
        image,
        grants: [callee.grantConnect, { name: "read-b", statements: [statement] }],
        alarms: { choice: "none" },
      });
    });
    expect(statements(graph, "api-grant-read-b")).toEqual([
      { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::b/*"] },
    ]);
    expect(find(graph, EGRESS, "api-to-connect-orders-9000").inputs).toMatchObject({
      securityGroupId: "api-group.id",
      referencedSecurityGroupId: "orders-group.id",
      fromPort: 9000,
    });
    expect(find(graph, INGRESS, "api-into-connect-orders-9000").inputs).toMatchObject({
      securityGroupId: "orders-group.id",
      referencedSecurityGroupId: "api-group.id",
    });
  });

  it("allows shells only on request, with the cluster's key and log", async () => {
    const execKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/exec";
    const execLogGroupArn = "arn:aws:logs:eu-west-1:111122223333:log-group:exec";
    const graph = await service({ exec: true, cluster: { ...cluster, execKeyArn, execLogGroupArn } });
    expect(find(graph, SERVICE).inputs.enableExecuteCommand).toBe(true);
    expect(statements(graph, "api-exec")).toContainEqual({
      Effect: "Allow",
      Action: ["kms:Decrypt"],
      Resource: [execKeyArn],
    });
    // The agent writes; the rest of the file system stays read-only.
    expect(find(graph, TASK).inputs.volumes).toEqual([
      { name: "main-var-lib-amazon" },
      { name: "main-var-log-amazon" },
    ]);
  });

  it("mixes Spot in beyond what always runs on demand", async () => {
    const graph = await service({ capacity: { onDemandBase: 1, onDemandWeight: 1, spotWeight: 3 } });
    expect(find(graph, SERVICE).inputs.capacityProviderStrategies).toEqual([
      { capacityProvider: "FARGATE", base: 1, weight: 1 },
      { capacityProvider: "FARGATE_SPOT", weight: 3 },
    ]);
  });

  it("makes its alarms for the topics that are given", async () => {
    const alarms = { choice: "notify", topicArns: ["arn:topic"] } as const;
    const made = ofType(
      await service({ port: 80, front, alarms: { ...alarms, topicArns: ["arn:topic"] } }),
      "aws:cloudwatch/metricAlarm:MetricAlarm",
    );
    expect(made.map(({ name, inputs }) => [name, inputs.alarmActions])).toEqual([
      ["api-alarm-cpu", ["arn:topic"]],
      ["api-alarm-memory", ["arn:topic"]],
      ["api-alarm-unhealthy", ["arn:topic"]],
    ]);
  });

  it("knows each role of its children", async () => {
    const overrides = Object.fromEntries(
      SERVICE_ROLES.map((role) => [role, { region: "marked", tags: { marked: "yes" } }]),
    );
    const graph = await service({
      port: 80,
      front: { ...front, testTraffic: true },
      deployment: { strategy: "BLUE_GREEN" },
      autoscaling: { schedules: { night: { at: "rate(1 day)", minimum: 0, maximum: 1 } } },
      alarms: { choice: "notify", topicArns: ["arn:topic"] },
      overrides,
    });
    const marked = graph.resources.filter(({ inputs }) =>
      JSON.stringify([inputs.region, inputs.tags]).includes("marked"),
    );
    // The three roles of IAM are of one type.
    expect(new Set(marked.map(({ type, name }) => (type.includes("iam/role:") ? name : type))).size).toBe(
      SERVICE_ROLES.length,
    );
  });

  it("makes the recorded production service from the other components", async () => {
    const graph = await record(
      () => {
        const place = { accountId: "111122223333", region: "eu-west-1" };
        const alarms = { choice: "notify", topicArns: ["arn:aws:sns:eu-west-1:111122223333:ops"] } as const;
        const vpc = new Network("main", { zones: ["eu-west-1a", "eu-west-1b"], egress: "natPerAz" });
        const balancer = new LoadBalancer("front", {
          ...place,
          network: vpc,
          exposure: "public",
          certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/one",
          alarms: { ...alarms, topicArns: [...alarms.topicArns] },
        });
        new FargateService("api", {
          cluster: new Cluster("main", place),
          network: vpc,
          image,
          port: 8080,
          front: { shared: balancer, routes: { main: { hosts: ["api.example.com"] } } },
          alarms: { ...alarms, topicArns: [...alarms.topicArns] },
        });
      },
      { project: "golden", stack: "production" },
    );
    expectGolden(graph, "test/components/fargate-service/fixtures/production.json");
  });
});
