import { describe, expect, it } from "@jest/globals";
import { output } from "@pulumi/pulumi";
import { CDN_ROLES, checkTopic } from "../../../components/cdn/check.ts";
import { AlarmChoice, Cdn, type CdnArgs } from "../../../components/index.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";

const DISTRIBUTION = "aws:cloudfront/distribution:Distribution";
const bucket = { domainName: "files.s3.eu-west-1.amazonaws.com" };
const replica = { domainName: "files.s3.eu-central-1.amazonaws.com" };
const loadBalancer = {
  arn: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/front/1",
  dnsName: "internal-front-1.eu-west-1.elb.amazonaws.com",
};
const topicArn = "arn:aws:sns:us-east-1:111122223333:trouble";

const basic: CdnArgs = {
  accountId: "111122223333",
  domains: { "www.example.com": { zoneId: "Z1" } },
  origins: { files: { bucket } },
  defaultPath: { origin: "files" },
  alarms: { choice: AlarmChoice.none },
};

const everything: Partial<CdnArgs> = {
  domains: { "www.example.com": { zoneId: "Z1" }, "example.com": { zoneId: "Z1" } },
  origins: { files: { bucket, failoverTo: "replica" }, replica: { bucket: replica }, api: { loadBalancer } },
  paths: { "/api/*": { origin: "api", writes: true } },
  errorPages: { "404": { page: "/404.html" } },
  alarms: { choice: AlarmChoice.notify, topicArns: [topicArn] },
};

function cdn(args: Partial<CdnArgs> = {}): Promise<Graph> {
  return record(() => {
    const { distributionArn, domainName, certificateArn } = new Cdn("site", { ...basic, ...args });
    return { distributionArn, domainName, certificateArn };
  });
}

describe("Cdn", () => {
  it("makes exactly what a site on a bucket needs", async () => {
    const graph = await cdn();
    expect(children(graph, "site")).toEqual([
      "aws:acm/certificate:Certificate site-certificate",
      "aws:acm/certificateValidation:CertificateValidation site-certificate-proven",
      "aws:cloudfront/distribution:Distribution site-distribution",
      "aws:cloudfront/originAccessControl:OriginAccessControl site-origin-access",
      "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy site-headers",
      "aws:cloudwatch/logDelivery:LogDelivery site-log-delivery",
      "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination site-log-destination",
      "aws:cloudwatch/logDeliverySource:LogDeliverySource site-log-source",
      "aws:cloudwatch/logGroup:LogGroup site-waf-logs",
      "aws:route53/record:Record site-proof-www.example.com",
      "aws:route53/record:Record site-www.example.com-a",
      "aws:route53/record:Record site-www.example.com-aaaa",
      "aws:s3/bucket:Bucket site-logs",
      "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration site-logs-lifecycle",
      "aws:s3/bucketOwnershipControls:BucketOwnershipControls site-logs-ownership",
      "aws:s3/bucketPolicy:BucketPolicy site-logs-policy",
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock site-logs-access",
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration site-logs-encryption",
      "aws:s3/bucketVersioning:BucketVersioning site-logs-versioning",
      "aws:wafv2/webAcl:WebAcl site-waf",
      "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration site-waf-logging",
    ]);
    expect(namingFaults(graph)).toEqual([]);
  });

  it("meets CloudFront.1, 3 to 10, 12 and 13 of the security standard", async () => {
    const graph = await cdn(everything);
    const { inputs } = find(graph, DISTRIBUTION);
    expect(inputs).toMatchObject({
      aliases: ["example.com", "www.example.com"],
      defaultRootObject: "index.html", // 1
      originGroups: [{ members: [{ originId: "files" }, { originId: "replica" }] }], // 4
      webAclId:
        find(graph, "aws:wafv2/webAcl:WebAcl").inputs.arn ?? expect.stringContaining("webAcl/site-waf"), // 6
      viewerCertificate: { minimumProtocolVersion: "TLSv1.2_2025", sslSupportMethod: "sni-only" }, // 7, 8
      httpVersion: "http2and3",
      isIpv6Enabled: true,
    });
    const behaviors = [inputs.defaultCacheBehavior, ...(inputs.orderedCacheBehaviors as object[])];
    for (const behavior of behaviors) {
      expect(behavior).toMatchObject({ viewerProtocolPolicy: "redirect-to-https" }); // 3
    }
    expect(find(graph, "aws:cloudwatch/logDelivery:LogDelivery").dependsOn).toEqual([
      expect.stringContaining("site-logs-policy"), // 5
    ]);
    expect(find(graph, "aws:cloudfront/vpcOrigin:VpcOrigin").inputs.vpcOriginEndpointConfig).toMatchObject({
      originProtocolPolicy: "https-only", // 9
      originSslProtocols: { items: ["TLSv1.2"] }, // 10
    });
    expect(find(graph, "aws:cloudfront/originAccessControl:OriginAccessControl").inputs).toMatchObject({
      signingBehavior: "always", // 13
      signingProtocol: "sigv4",
    });
  });

  it("keeps what belongs to CloudFront in us-east-1, with the provider that it was given", async () => {
    const graph = await cdn(everything);
    const there = graph.resources
      .filter(({ inputs }) => inputs.region === "us-east-1")
      .map(({ type }) => type);
    expect([...new Set(there)].sort()).toEqual([
      "aws:acm/certificate:Certificate",
      "aws:acm/certificateValidation:CertificateValidation",
      "aws:cloudwatch/logDelivery:LogDelivery",
      "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
      "aws:cloudwatch/logDeliverySource:LogDeliverySource",
      "aws:cloudwatch/logGroup:LogGroup",
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "aws:wafv2/webAcl:WebAcl",
      "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    ]);
    expect(graph.resources.filter(({ type }) => type.startsWith("pulumi:providers:"))).toEqual([]);
  });

  it("lets only this account's deliveries write logs", async () => {
    const policy = find(await cdn(), "aws:s3/bucketPolicy:BucketPolicy").inputs.policy as string;
    const [, allow] = JSON.parse(policy).Statement;
    expect(allow).toEqual({
      Effect: "Allow",
      Principal: { Service: "delivery.logs.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:eu-west-1:111122223333:bucket/site-logs/AWSLogs/111122223333/*",
      Condition: {
        StringEquals: { "aws:SourceAccount": "111122223333", "s3:x-amz-acl": "bucket-owner-full-control" },
        ArnLike: { "aws:SourceArn": "arn:aws:logs:us-east-1:111122223333:delivery-source:*" },
      },
    });
  });

  it("grants invalidation of this distribution and nothing else", async () => {
    const graph = await record(() => {
      const { name, statements } = new Cdn("site", basic).grantInvalidate;
      return { name, statements };
    });
    expect(graph.outputs).toEqual({
      name: "site-invalidate",
      statements: [
        {
          actions: ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
          resources: ["arn:aws:cloudfront:eu-west-1:111122223333:distribution/site-distribution"],
        },
      ],
    });
  });

  it("proves a name and its wildcard by one record", async () => {
    const zone = { zoneId: "Z1" };
    const graph = await cdn({ domains: { "*.example.com": zone, "example.com": zone } });
    const proofs = graph.resources.filter(({ name }) => name.startsWith("site-proof-"));
    expect(proofs.map(({ name }) => name)).toEqual(["site-proof-example.com"]);
  });

  it("makes no certificate and no records where others look after them", async () => {
    const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/one";
    const graph = await cdn({ domains: { "www.example.com": {} }, certificateArn, logs: { enabled: false } });
    expect(children(graph, "site").filter((child) => /acm|route53|s3|logDelivery/.test(child))).toEqual([]);
    expect(graph.outputs.certificateArn).toBe(certificateArn);
  });

  it("asks viewers for certificates without HTTP/3", async () => {
    const { inputs } = find(await cdn({ viewerCertificates: { trustStoreId: "ts-1" } }), DISTRIBUTION);
    expect(inputs).toMatchObject({
      httpVersion: "http2",
      viewerMtlsConfig: { mode: "required", trustStoreConfig: { trustStoreId: "ts-1" } },
    });
  });

  it("takes a reorder of domains, origins and paths for no change", async () => {
    const reversed = <T>(entries: Record<string, T> | undefined) =>
      Object.fromEntries(Object.entries(entries ?? {}).reverse());
    const more = {
      ...everything,
      paths: { "/api/*": { origin: "api" }, "/api/v1/*": { origin: "api" }, "/x": { origin: "files" } },
    };
    const again = {
      ...more,
      domains: reversed(more.domains),
      origins: reversed(more.origins),
      paths: reversed(more.paths),
    };
    expect(await cdn(again)).toEqual(await cdn(more));
  });

  it("lays overrides over each role, and knows each role", async () => {
    const mark = {
      comment: "marked",
      description: "marked",
      alarmDescription: "marked",
      tags: { marked: "yes" },
    };
    const overrides = Object.fromEntries(CDN_ROLES.map((role) => [role, mark]));
    const graph = await cdn({ ...everything, overrides });
    const marked = graph.resources.filter(({ inputs }) => JSON.stringify(inputs).includes('"marked"'));
    expect(new Set(marked.map(({ type }) => type)).size).toBe(CDN_ROLES.length);
  });

  it.each<[string, Partial<CdnArgs>, RegExp[]]>([
    ["an account that is none", { accountId: "1" }, [/accountId is "1"; allowed: an account number/]],
    ["no domain", { domains: {} }, [/domains is {}; allowed: at least one domain/]],
    ["a domain that is none", { domains: { "WWW.x": { zoneId: "Z" } } }, [/domains\.WWW\.x is "WWW\.x"/]],
    [
      "a certificate that nothing proves",
      { domains: { "a.example.com": {} } },
      [/zoneId is missing; allowed: a zone/],
    ],
    [
      "a certificate of another region",
      { certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/one" },
      [/certificateArn is ".*eu-west-1.*"; allowed: the ARN of a certificate in us-east-1/],
    ],
    [
      "a topic of another region",
      { alarms: { choice: "notify", topicArns: ["arn:aws:sns:eu-west-1:111122223333:t"] } },
      [/alarms\.topicArns\[0\] is .*; allowed: the ARN of a topic in us-east-1/],
    ],
    [
      "an origin of two kinds",
      { origins: { files: { bucket, loadBalancer } } },
      [/exactly one of bucket, loadBalancer/],
    ],
    ["no origin", { origins: {} }, [/origins is {}; allowed: at least one origin/, /defaultPath\.origin/]],
    [
      "a path to nowhere",
      { paths: { "/x": { origin: "gone" } } },
      [/paths\.\/x\.origin is "gone"; allowed: an origin: files/],
    ],
    [
      "a pattern without a slash",
      { paths: { x: { origin: "files" } } },
      [/paths is "x"; allowed: a pattern/],
    ],
    [
      "failover to itself",
      { origins: { files: { bucket, failoverTo: "files" } } },
      [/failoverTo is "files"; allowed: another/],
    ],
    [
      "writes where reads fail over",
      {
        origins: { files: { bucket }, a: { loadBalancer, failoverTo: "files" } },
        paths: { "/a/*": { origin: "a", writes: true } },
      },
      [/paths\.\/a\/\*\.writes is true; allowed: false for an origin with failoverTo/],
    ],
    [
      "caching by host for a bucket",
      { defaultPath: { origin: "files", caching: "originHeaders" } },
      [/defaultPath\.caching/],
    ],
    [
      "an error that cannot be replaced",
      { errorPages: { "401": { page: "/x" } } },
      [/errorPages\.401 is "401"/],
    ],
    [
      "a policy that is broken out of",
      { headers: { contentSecurity: { scripts: ["*; x"] } } },
      [/scripts\[0\] is "\*; x"/],
    ],
    ["countries both ways", { countries: { only: ["DE"], except: ["FR"] } }, [/either only or except/]],
    [
      "an unknown role",
      { overrides: { cdn: {} } },
      [/overrides\.cdn is "cdn"; allowed: a child role: distribution/],
    ],
    [
      "alarms that are not chosen",
      { alarms: undefined },
      [/alarms\.choice is missing; allowed: one of notify, none/],
    ],
    [
      "a retention that is none, and a slow origin",
      {
        logs: { retentionDays: 0 },
        origins: { files: { custom: { domainName: "x" }, readTimeoutSeconds: 300 } },
      },
      [
        /logs\.retentionDays is 0/,
        /readTimeoutSeconds is 300; allowed: a whole number from 1 to 120 seconds/,
      ],
    ],
  ])("refuses %s, by field, value and what is allowed", async (_, args, faults) => {
    const made = cdn(args);
    for (const fault of faults) await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^Cdn "site": /);
  });

  it("judges a topic that is known later by the same rule", async () => {
    expect(checkTopic("alarms.topicArns[0]", "arn:aws:sns:eu-west-1:1:t")).toHaveLength(1);
    const graph = await cdn({ alarms: { choice: "notify", topicArns: [output(topicArn)] } });
    expect(find(graph, "aws:cloudwatch/metricAlarm:MetricAlarm", "site-alarm-errors").inputs).toMatchObject({
      alarmActions: [topicArn],
      region: "us-east-1",
    });
  });

  it("makes the recorded production site", async () => {
    const program = () => {
      new Cdn("site", {
        ...basic,
        ...everything,
        headers: { cors: { origins: ["https://shell.example.com"] } },
      });
    };
    const graph = await record(program, { project: "golden", stack: "production" });
    expectGolden(graph, "test/components/cdn/fixtures/production.json");
  });
});
