import { describe, expect, it } from "@jest/globals";
import { AlarmChoice, SiteMode, StaticSite, type StaticSiteArgs } from "../../../components/index.ts";
import { STATIC_SITE_ROLES } from "../../../components/static-site/check.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { granted } from "../../support/granted.ts";

const DISTRIBUTION = "aws:cloudfront/distribution:Distribution";
const api = { custom: { domainName: "api.example.org" } };

const basic: StaticSiteArgs = {
  accountId: "111122223333",
  region: "eu-west-1",
  domains: { "docs.example.com": { zoneId: "Z1" } },
  alarms: { choice: AlarmChoice.none },
};

function site(args: Partial<StaticSiteArgs> = {}): Promise<Graph> {
  return record(() => {
    const { bucketName, distributionId, domainName } = new StaticSite("docs", { ...basic, ...args });
    return { bucketName, distributionId, domainName };
  });
}

describe("StaticSite", () => {
  it("is a store, a function and a CDN", async () => {
    const graph = await site();
    const direct = graph.resources.filter(({ parent }) => parent?.endsWith("::docs")).map(({ name }) => name);
    expect(direct.sort()).toEqual(["docs-cdn", "docs-files", "docs-requests"]);
    expect(children(graph, "docs").filter((child) => /cloudfront|s3\/bucket:|Policy/.test(child))).toEqual([
      "aws:cloudfront/distribution:Distribution docs-cdn-distribution",
      "aws:cloudfront/function:Function docs-requests",
      "aws:cloudfront/originAccessControl:OriginAccessControl docs-cdn-origin-access",
      "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy docs-cdn-headers",
      "aws:s3/bucket:Bucket docs-cdn-logs",
      "aws:s3/bucket:Bucket docs-files-bucket",
      "aws:s3/bucket:Bucket docs-files-logs",
      "aws:s3/bucketPolicy:BucketPolicy docs-cdn-logs-policy",
      "aws:s3/bucketPolicy:BucketPolicy docs-files-logs-policy",
      "aws:s3/bucketPolicy:BucketPolicy docs-files-policy",
    ]);
    expect(namingFaults(graph)).toEqual([]);
  });

  it("lets its own distribution read the files, and nobody else", async () => {
    const policy = find(await site(), "aws:s3/bucketPolicy:BucketPolicy", "docs-files-policy").inputs.policy;
    const statements = JSON.parse(policy as string).Statement as { Effect: string }[];
    expect(statements.filter(({ Effect }) => Effect === "Allow")).toMatchObject([
      {
        Principal: { Service: "cloudfront.amazonaws.com" },
        Action: "s3:GetObject",
        Condition: {
          StringEquals: {
            "AWS:SourceArn": ["arn:aws:cloudfront:eu-west-1:111122223333:distribution/docs-cdn-distribution"],
          },
        },
      },
    ]);
  });

  it("shows its error document for what is missing", async () => {
    const { inputs } = find(await site(), DISTRIBUTION);
    expect(inputs).toMatchObject({
      defaultRootObject: "index.html",
      customErrorResponses: [
        { errorCode: 403, responseCode: 404, responsePagePath: "/404.html" },
        { errorCode: 404, responseCode: 404, responsePagePath: "/404.html" },
      ],
      defaultCacheBehavior: {
        functionAssociations: [
          { eventType: "viewer-request", functionArn: expect.stringContaining("docs-requests") },
        ],
      },
    });
  });

  it("leaves the errors of an API that shares the domain alone", async () => {
    const graph = await site({
      mode: SiteMode.application,
      origins: { api },
      paths: { "/api/*": { origin: "api", writes: true } },
    });
    const { inputs } = find(graph, DISTRIBUTION);
    expect(inputs.customErrorResponses).toEqual([]);
    expect(inputs.orderedCacheBehaviors).toMatchObject([{ pathPattern: "/api/*", targetOriginId: "api" }]);
    expect(find(graph, "aws:cloudfront/function:Function").inputs.code).toContain(
      'request.uri = "/" + "index.html"',
    );
  });

  it("reads a copy of the files when S3 fails", async () => {
    const failover = { domainName: "copy.s3.eu-central-1.amazonaws.com" };
    const { inputs } = find(await site({ failover }), DISTRIBUTION);
    expect(inputs).toMatchObject({
      originGroups: [{ members: [{ originId: "files" }, { originId: "files-elsewhere" }] }],
      defaultCacheBehavior: { targetOriginId: "files-with-failover" },
    });
  });

  it("grants a deployment of files and nothing else", async () => {
    const { name, statements } = await granted(() => new StaticSite("docs", basic).grantDeploy);
    const bucket = "arn:aws:s3:eu-west-1:111122223333:bucket/docs-files-bucket";
    const allow = (actions: string[], resource: string) => ({
      Effect: "Allow",
      Action: actions,
      Resource: [resource],
    });
    expect(name).toBe("docs-deploy");
    expect(statements).toEqual([
      allow(["s3:GetObject"], `${bucket}/*`),
      allow(["s3:ListBucket"], bucket),
      allow(["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"], `${bucket}/*`),
      allow(["s3:DeleteObject"], `${bucket}/*`),
      allow(
        ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
        "arn:aws:cloudfront:eu-west-1:111122223333:distribution/docs-cdn-distribution",
      ),
    ]);
  });

  it("lays overrides over each part, and knows each part", async () => {
    const mark = { tags: { marked: "yes" }, comment: "marked yes" };
    const overrides = Object.fromEntries(STATIC_SITE_ROLES.map((role) => [role, mark]));
    const graph = await site({ overrides });
    const of = (type: string, name: string) => JSON.stringify(find(graph, type, name).inputs);
    expect(of("aws:s3/bucket:Bucket", "docs-files-bucket")).toContain('"marked":"yes"');
    expect(of(DISTRIBUTION, "docs-cdn-distribution")).toContain('"marked":"yes"');
    expect(of("aws:cloudfront/function:Function", "docs-requests")).toContain("marked yes");
  });

  it.each<[string, Partial<StaticSiteArgs>, RegExp[]]>([
    ["a region that is none", { region: "moon-1" }, [/region is "moon-1"; allowed: a region of AWS/]],
    ["no domain", { domains: {} }, [/domains is {}; allowed: at least one domain/]],
    ["a mode that is none", { mode: "spa" as never }, [/mode is "spa"; allowed: one of pages, application/]],
    [
      "a document that is none",
      { indexDocument: "/index" },
      [/indexDocument is "\/index"; allowed: a file's name/],
    ],
    [
      "an error document beside an API",
      { errorDocument: "404.html", origins: { api } },
      [/errorDocument is "404\.html"; allowed: nothing beside origins/],
    ],
    [
      "an origin of its own name",
      { origins: { files: api } },
      [/origins\.files is "files"; allowed: another name/],
    ],
    ["a bucket's bad name", { bucketName: "Docs" }, [/bucketName is "Docs"/]],
    ["a bad path of the CDN", { paths: { "/x": { origin: "gone" } } }, [/paths\.\/x\.origin is "gone"/]],
    [
      "a certificate of another region",
      { certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/one" },
      [/certificateArn is .*in us-east-1/],
    ],
    [
      "a topic of another region",
      { alarms: { choice: "notify", topicArns: ["arn:aws:sns:eu-west-1:111122223333:t"] } },
      [/alarms\.topicArns\[0\] is .*us-east-1/],
    ],
    [
      "an unknown part",
      { overrides: { bucket: {} } },
      [/overrides\.bucket is "bucket"; allowed: a child role: store/],
    ],
  ])("refuses %s, by field, value and what is allowed", async (_, args, faults) => {
    const made = site(args);
    for (const fault of faults) await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^StaticSite "docs": /);
  });

  it("says each fault once, though both parts find it", async () => {
    const said = await site({ accountId: "1" }).catch((error: Error) => error.message);
    expect(said).toBe('StaticSite "docs": accountId is "1"; allowed: an account number of 12 digits');
  });

  it("makes the recorded production site", async () => {
    const program = () => {
      const topicArns = ["arn:aws:sns:us-east-1:111122223333:trouble"];
      new StaticSite("docs", { ...basic, alarms: { choice: AlarmChoice.notify, topicArns } });
    };
    const graph = await record(program, { project: "golden", stack: "production" });
    expectGolden(graph, "test/components/static-site/fixtures/production.json");
  });
});
