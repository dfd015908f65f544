import { describe, expect, it } from "@jest/globals";
import { CONTAINER_REGISTRY_ROLES, checkCredential } from "../../../components/container-registry/check.ts";
import { findingsPattern } from "../../../components/container-registry/image-plan.ts";
import {
  AlarmChoice,
  ContainerRegistry,
  type ContainerRegistryArgs,
  ImageScanning,
  UpstreamRegistry,
} from "../../../components/index.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { granted } from "../../support/granted.ts";

const required = {
  accountId: "111122223333",
  region: "eu-west-1",
  repositories: { api: {}, "team/worker": {} },
  alarms: { choice: AlarmChoice.none },
};
const notify = {
  choice: AlarmChoice.notify,
  topicArns: ["arn:aws:sns:eu-west-1:111122223333:ops", "arn:aws:sns:eu-west-1:111122223333:security"],
};
const credentialArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/hub-AbCdEf";
const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/one";
const REPOSITORY = "aws:ecr/repository:Repository";
const ARN = "arn:aws:ecr:eu-west-1:111122223333:repository";
const PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

function registry(args: Partial<ContainerRegistryArgs> = {}): Promise<Graph> {
  return record(() => {
    const { repositoryUrls, repositoryArns, registryHost } = new ContainerRegistry("images", {
      ...required,
      ...args,
    });
    return { repositoryUrls, repositoryArns, registryHost };
  });
}

const lifecycle = (graph: Graph, name: string) => {
  const { inputs } = find(graph, "aws:ecr/lifecyclePolicy:LifecyclePolicy", name);
  return JSON.parse(inputs.policy as string).rules;
};

describe("ContainerRegistry", () => {
  it("makes exactly what repositories need", async () => {
    const graph = await registry();
    expect(children(graph, "images")).toEqual([
      "aws:ecr/lifecyclePolicy:LifecyclePolicy images-api-lifecycle",
      "aws:ecr/lifecyclePolicy:LifecyclePolicy images-team/worker-lifecycle",
      "aws:ecr/repository:Repository images-api",
      "aws:ecr/repository:Repository images-team/worker",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      repositoryUrls: {
        api: "images-api.repositoryUrl",
        "team/worker": "images-team/worker.repositoryUrl",
      },
      repositoryArns: { api: `${ARN}/images-api`, "team/worker": `${ARN}/images-team/worker` },
      registryHost: "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
    });
  });

  it("keeps tags where they are, scans, cleans up and refuses deletion unless told otherwise", async () => {
    const graph = await registry();
    expect(find(graph, REPOSITORY, "images-api")).toMatchObject({
      inputs: {
        name: "api",
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "AES256" }],
        forceDelete: false,
      },
      options: { protect: true },
    });
    expect(lifecycle(graph, "images-api-lifecycle")).toEqual([
      {
        rulePriority: 1,
        description: "Images without a tag",
        selection: {
          tagStatus: "untagged",
          countType: "sinceImagePushed",
          countUnit: "days",
          countNumber: 14,
        },
        action: { type: "expire" },
      },
      {
        rulePriority: 2,
        description: "The oldest images",
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 500 },
        action: { type: "expire" },
      },
    ]);
  });

  it("lets the tags move that are named, and nothing else", async () => {
    const moving = { api: { mutableTags: ["latest", "cache-*"], untaggedDays: 1, keepImages: 9 } };
    const graph = await registry({ repositories: moving, kmsKeyArn });
    expect(find(graph, REPOSITORY).inputs).toMatchObject({
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: [
        { filter: "cache-*", filterType: "WILDCARD" },
        { filter: "latest", filterType: "WILDCARD" },
      ],
      encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: kmsKeyArn }],
    });
    const counts = lifecycle(graph, "images-api-lifecycle").map(
      (rule: { selection: { countNumber: number } }) => rule.selection.countNumber,
    );
    expect(counts).toEqual([1, 9]);
  });

  it("changes nothing of a repository when another is added before it", async () => {
    const before = await registry();
    const after = await registry({ repositories: { aaa: {}, ...required.repositories } });
    const later = new Map(after.resources.map((resource) => [resource.urn, resource]));
    for (const resource of before.resources.filter(({ custom }) => custom)) {
      expect(later.get(resource.urn)).toEqual(resource);
    }
  });

  it("keeps copies of other registries' images for a time", async () => {
    const graph = await registry({
      pullThrough: {
        public: { upstream: UpstreamRegistry.ecrPublic },
        hub: { upstream: UpstreamRegistry.dockerHub, credentialArn, keepDays: 7 },
      },
    });
    expect(
      find(graph, "aws:ecr/pullThroughCacheRule:PullThroughCacheRule", "images-hub-upstream").inputs,
    ).toEqual({
      ecrRepositoryPrefix: "hub",
      upstreamRegistryUrl: "registry-1.docker.io",
      credentialArn,
    });
    const template = find(
      graph,
      "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
      "images-hub-template",
    ).inputs;
    expect(template).toMatchObject({
      prefix: "hub",
      appliedFors: ["PULL_THROUGH_CACHE"],
      imageTagMutability: "MUTABLE",
    });
    expect(JSON.parse(template.lifecyclePolicy as string).rules[0].selection.countNumber).toBe(7);
    // With tags or a key ECR would ask for a role of its own.
    expect(template).not.toHaveProperty("resourceTags");
    expect(template).not.toHaveProperty("encryptionConfigurations");
  });

  it("copies its images, and only its own, to further regions", async () => {
    const graph = await registry({ replication: { regions: ["us-east-1", "eu-central-1"] } });
    const { inputs } = find(graph, "aws:ecr/replicationConfiguration:ReplicationConfiguration");
    expect(inputs.replicationConfiguration).toEqual({
      rules: [
        {
          destinations: [
            { region: "eu-central-1", registryId: "111122223333" },
            { region: "us-east-1", registryId: "111122223333" },
          ],
          repositoryFilters: [
            { filter: "api", filterType: "PREFIX_MATCH" },
            { filter: "team/worker", filterType: "PREFIX_MATCH" },
          ],
        },
      ],
    });
  });

  it("lets other accounts pull and do nothing else", async () => {
    const graph = await registry({ pullAccountIds: ["444455556666", "222233334444", "444455556666"] });
    const { inputs } = find(graph, "aws:ecr/repositoryPolicy:RepositoryPolicy", "images-api-policy");
    expect(JSON.parse(inputs.policy as string).Statement).toEqual([
      {
        Sid: "Pull",
        Effect: "Allow",
        Principal: { AWS: ["arn:aws:iam::222233334444:root", "arn:aws:iam::444455556666:root"] },
        Action: PULL,
      },
    ]);
  });

  it("grants pulling, and with it the first pull of a copy", async () => {
    const pullThrough = { public: { upstream: UpstreamRegistry.ecrPublic } };
    const made = () => new ContainerRegistry("images", { ...required, pullThrough });
    expect(await granted(() => made().grantPull)).toEqual({
      name: "images-pull",
      connections: [],
      statements: [
        // The only call that knows no resource.
        { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
        { Effect: "Allow", Action: PULL, Resource: [`${ARN}/images-api`, `${ARN}/images-team/worker`] },
        {
          Effect: "Allow",
          Action: [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:BatchImportUpstreamImage",
            "ecr:CreateRepository",
            "ecr:GetDownloadUrlForLayer",
          ],
          Resource: [`${ARN}/public/*`],
        },
      ],
    });
  });

  it("grants pushing to its repositories, and no deletion", async () => {
    expect(await granted(() => new ContainerRegistry("images", required).grantPush)).toEqual({
      name: "images-push",
      connections: [],
      statements: [
        { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
        {
          Effect: "Allow",
          Action: [
            ...PULL.slice(0, 2),
            "ecr:CompleteLayerUpload",
            "ecr:GetDownloadUrlForLayer",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
          ],
          Resource: [`${ARN}/images-api`, `${ARN}/images-team/worker`],
        },
      ],
    });
  });

  it("tells each topic of critical weaknesses, in its own images only", async () => {
    const graph = await registry({ alarms: notify });
    const rule = find(graph, "aws:cloudwatch/eventRule:EventRule");
    expect(JSON.parse(rule.inputs.eventPattern as string)).toEqual({
      source: ["aws.ecr"],
      "detail-type": ["ECR Image Scan"],
      detail: {
        "repository-name": ["api", "team/worker"],
        "finding-severity-counts": { CRITICAL: [{ numeric: [">", 0] }] },
      },
    });
    const targets = graph.resources.filter(({ type }) => type === "aws:cloudwatch/eventTarget:EventTarget");
    expect(targets.map(({ inputs }) => inputs.arn)).toEqual(notify.topicArns);
    expect(JSON.parse(findingsPattern(["b", "a"], ImageScanning.enhanced))).toMatchObject({
      source: ["aws.inspector2"],
      detail: { resources: { details: { awsEcrContainerImage: { repositoryName: ["a", "b"] } } } },
    });
  });

  it("knows each role of its children", async () => {
    const mark = { region: "marked" };
    const graph = await registry({
      overrides: Object.fromEntries(CONTAINER_REGISTRY_ROLES.map((role) => [role, mark])),
      alarms: notify,
      scanning: ImageScanning.enhanced,
      pullThrough: { public: { upstream: UpstreamRegistry.ecrPublic } },
      pullAccountIds: ["444455556666"],
      replication: { regions: ["eu-central-1"] },
    });
    const marked = graph.resources.filter(({ inputs }) => inputs.region === "marked");
    expect(new Set(marked.map(({ type }) => type)).size).toBe(CONTAINER_REGISTRY_ROLES.length);
  });

  it.each<[string, Partial<ContainerRegistryArgs>, RegExp]>([
    ["nothing to make", { repositories: {} }, /repositories is {}; allowed: at least one, or a pullThrough/],
    ["a name in capitals", { repositories: { Api: {} } }, /repositories\.Api is "Api"; allowed: 2 to 256/],
    ["a path without an end", { repositories: { "team/": {} } }, /repositories\.team\/ is "team\/"/],
    [
      "a tag with too many wildcards",
      { repositories: { api: { mutableTags: ["*a*b*"] } } },
      /repositories\.api\.mutableTags\[0\] is "\*a\*b\*"; allowed: a tag with at most 2 wildcards/,
    ],
    ["no tag at all", { repositories: { api: { mutableTags: [] } } }, /mutableTags is \[\]; allowed: 1 to 5/],
    ["no images", { repositories: { api: { keepImages: 0 } } }, /repositories\.api\.keepImages is 0/],
    ["half a day", { repositories: { api: { untaggedDays: 0.5 } } }, /untaggedDays is 0\.5; allowed: .*days/],
    ["an unknown account", { accountId: "1" }, /accountId is "1"/],
    [
      "an unknown scan",
      { scanning: "deep" as never },
      /scanning is "deep"; allowed: one of onPush, enhanced/,
    ],
    [
      "an unknown upstream",
      { pullThrough: { xx: { upstream: "example.org" as never } } },
      /pullThrough\.xx\.upstream is "example.org"; allowed: one of public\.ecr\.aws/,
    ],
    [
      "an upstream without its credentials",
      { pullThrough: { hub: { upstream: "registry-1.docker.io" } } },
      /pullThrough\.hub\.credentialArn is missing; allowed: a secret, which registry-1\.docker\.io asks for/,
    ],
    [
      "a secret that ECR does not take",
      { pullThrough: { hub: { upstream: "ghcr.io", credentialArn: "arn:aws:s3:::x" } } },
      /pullThrough\.hub\.credentialArn is "arn:aws:s3:::x"; allowed: the ARN of a secret/,
    ],
    [
      "copies among our own images",
      { pullThrough: { team: { upstream: "quay.io" } } },
      /pullThrough\.team is "team"; allowed: a prefix that no repository has, unlike team\/worker/,
    ],
    [
      "copies in the same region",
      { replication: { regions: ["eu-west-1"] } },
      /replication\.regions\[0\] is "eu-west-1"; allowed: another region/,
    ],
    ["copies nowhere", { replication: { regions: [] } }, /replication\.regions is \[\]/],
    [
      "copies of everything there is",
      {
        repositories: {},
        pullThrough: { quay: { upstream: "quay.io" } },
        replication: { regions: ["us-east-1"] },
      },
      /replication is 0; allowed: 1 to 100 repositories/,
    ],
    ["a guest that is none", { pullAccountIds: ["me"] }, /pullAccountIds\[0\] is "me"/],
    ["alarms that are not chosen", { alarms: undefined }, /alarms\.choice is missing/],
    ["an unknown role", { overrides: { repo: {} } }, /overrides\.repo is "repo"; allowed: a child role/],
  ])("refuses %s", async (_, args, fault) => {
    const made = registry(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^ContainerRegistry "images": /);
  });

  it("takes a secret of the name that ECR asks for", () => {
    expect(checkCredential("x", credentialArn)).toEqual([]);
    expect(checkCredential("x", credentialArn.replace("ecr-pullthroughcache/", ""))).toHaveLength(1);
  });

  it("makes the recorded production registry", async () => {
    const graph = await record(
      () => {
        new ContainerRegistry("images", {
          ...required,
          pullThrough: { public: { upstream: UpstreamRegistry.ecrPublic } },
          replication: { regions: ["eu-central-1"] },
          alarms: notify,
        });
      },
      { project: "golden", stack: "production" },
    );
    expectGolden(graph, "test/components/container-registry/fixtures/production.json");
  });
});
