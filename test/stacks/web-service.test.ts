import { describe, expect, it } from "@jest/globals";
import { userLines } from "../../bench/components/user-lines.ts";
import { find, type Graph } from "../../components/testing/index.ts";
import { taskLimits } from "../../stacks/web-service/config.ts";
import { exampleGraph, exampleText } from "./example.ts";

const DISTRIBUTION = "aws:cloudfront/distribution:Distribution";
const INSTANCE = "aws:rds/instance:Instance";
const LISTENER = "aws:lb/listener:Listener";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";

const ofType = (graph: Graph, type: string) => graph.resources.filter((each) => each.type === type);
const types = (graph: Graph) => [...new Set(graph.resources.map(({ type }) => type))].sort();

describe("web-service", () => {
  it("is a production service in at most 20 lines of a user", async () => {
    expect(userLines(exampleText("web-service", "production"))).toBeLessThanOrEqual(20);

    const graph = await exampleGraph("web-service", "production");
    expect(ofType(graph, "aws:ec2/natGateway:NatGateway")).toHaveLength(3);
    expect(find(graph, LISTENER, "balancer-https").inputs).toMatchObject({
      protocol: "HTTPS",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    });
    expect(find(graph, "aws:appautoscaling/target:Target").inputs).toMatchObject({
      minCapacity: 2,
      maxCapacity: 10,
    });
    expect(find(graph, INSTANCE).inputs).toMatchObject({
      multiAz: true,
      storageEncrypted: true,
      publiclyAccessible: false,
      deletionProtection: true,
      backupRetentionPeriod: 14,
    });
    const { inputs, references } = find(graph, DISTRIBUTION);
    expect(inputs.aliases).toEqual(["shop.example.com"]);
    expect(references.webAclId).toEqual([find(graph, "aws:wafv2/webAcl:WebAcl").urn]);
  });

  it("leaves only the CDN to the internet", async () => {
    const graph = await exampleGraph("web-service", "production");
    expect(find(graph, "aws:lb/loadBalancer:LoadBalancer").inputs.internal).toBe(true);
    expect(find(graph, DISTRIBUTION).inputs.origins).toMatchObject([
      { originId: "web", vpcOriginConfig: { vpcOriginId: "cdn-origin-web.id" } },
    ]);
    const open = ofType(graph, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").filter(
      ({ inputs }) => inputs.cidrIpv4 === "0.0.0.0/0" || inputs.cidrIpv6 !== undefined,
    );
    expect(open).toEqual([]);
  });

  it("lets the tasks log in to the database by IAM and tells them where it is", async () => {
    const graph = await exampleGraph("web-service", "production");
    const policy = find(graph, "aws:iam/rolePolicy:RolePolicy", "web-grant-database-connect").inputs.policy;
    expect(JSON.parse(policy as string).Statement).toMatchObject([
      { Effect: "Allow", Action: ["rds-db:connect"] },
    ]);
    const task = find(graph, "aws:ecs/taskDefinition:TaskDefinition").inputs;
    expect(task.family).toBe("web-service-production-web");
    const [container] = JSON.parse(task.containerDefinitions as string);
    expect(container.environment).toEqual(
      expect.arrayContaining([
        { name: "DATABASE_HOST", value: "database-instance.address" },
        { name: "DATABASE_PORT", value: "5432" },
        { name: "DATABASE_USER", value: "app" },
      ]),
    );
  });

  it("tells of each alarm in the alarm's own region", async () => {
    const graph = await exampleGraph("web-service", "production");
    const alarms = ofType(graph, ALARM);
    expect(new Set(alarms.map(({ parent }) => parent?.split("::").at(-1)))).toEqual(
      new Set(["balancer", "cdn", "database", "web"]),
    );
    for (const { name, inputs } of alarms) {
      const { region = "eu-west-1", alarmActions } = inputs;
      const topic = `arn:aws:sns:${region}:111122223333:topic/alarms-${region}`;
      expect([name, alarmActions]).toEqual([name, [topic]]);
    }
  });

  it("proves the certificates of both regions by one record, since ACM asks for the same twice", async () => {
    const graph = await exampleGraph("web-service", "production");
    expect(ofType(graph, "aws:acm/certificate:Certificate").map(({ inputs }) => inputs.region)).toEqual([
      "eu-west-1",
      "us-east-1",
    ]);
    const proofs = ofType(graph, "aws:route53/record:Record").filter(({ inputs }) => inputs.type === "CNAME");
    expect(proofs.map(({ name }) => name)).toEqual(["certificate-proof"]);
    for (const validation of ofType(graph, "aws:acm/certificateValidation:CertificateValidation")) {
      expect(validation.references.validationRecordFqdns).toEqual([proofs[0]!.urn]);
    }
  });

  it("has one certificate and one topic where it is in the CDN's own region", async () => {
    const zones = ["us-east-1a", "us-east-1b"];
    const graph = await exampleGraph("web-service", "production", { zones });
    expect(ofType(graph, "aws:acm/certificate:Certificate")).toHaveLength(1);
    expect(ofType(graph, "aws:sns/topic:Topic")).toHaveLength(1);
  });

  it("is in dev the same without spares, ways in or out that cost, and alarms", async () => {
    const [dev, production] = [
      await exampleGraph("web-service", "dev"),
      await exampleGraph("web-service", "production"),
    ];
    const components = (graph: Graph) => types(graph).filter((type) => type.startsWith("roost-components"));
    expect(components(dev)).toEqual(components(production));
    expect(find(dev, INSTANCE).inputs).toMatchObject({
      multiAz: false,
      deletionProtection: false,
      skipFinalSnapshot: true,
    });
    expect([...ofType(dev, "aws:ec2/natGateway:NatGateway"), ...ofType(dev, ALARM)]).toEqual([]);
  });

  it.each([
    [{ stage: "production" }, { minimum: 2, maximum: 10 }],
    [{ stage: "dev" }, { minimum: 1, maximum: 2 }],
    [
      { stage: "dev", maximumTasks: 5 },
      { minimum: 1, maximum: 5 },
    ],
    [
      { stage: "production", minimumTasks: 4 },
      { minimum: 4, maximum: 10 },
    ],
  ] as const)("runs, with %j, %j tasks", (config, limits) => {
    expect(taskLimits(config)).toEqual(limits);
  });
});
