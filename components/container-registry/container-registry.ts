import { EventRule } from "@pulumi/aws/cloudwatch/eventRule.js";
import { EventTarget } from "@pulumi/aws/cloudwatch/eventTarget.js";
import { LifecyclePolicy } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import { PullThroughCacheRule } from "@pulumi/aws/ecr/pullThroughCacheRule.js";
import { RegistryScanningConfiguration } from "@pulumi/aws/ecr/registryScanningConfiguration.js";
import { ReplicationConfiguration } from "@pulumi/aws/ecr/replicationConfiguration.js";
import { Repository } from "@pulumi/aws/ecr/repository.js";
import { RepositoryCreationTemplate } from "@pulumi/aws/ecr/repositoryCreationTemplate.js";
import { RepositoryPolicy } from "@pulumi/aws/ecr/repositoryPolicy.js";
import { ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { AlarmChoice } from "../alarms.ts";
import { judged, refuse } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { override } from "../overrides.ts";
import {
  type ContainerRegistryArgs,
  ImageScanning,
  type PullThroughArgs,
  type RepositoryArgs,
} from "./args.ts";
import { checkContainerRegistry, checkCredential } from "./check.ts";
import { planRegistryGrants, type RegistryGrants } from "./grant-plan.ts";
import { copyLifecycle, findingsPattern, imageLifecycle, pullPolicy } from "./image-plan.ts";

/** Beside the instances, because schema inference publishes every field. */
const grants = new WeakMap<ContainerRegistry, RegistryGrants>();

/**
 * Repositories of container images on ECR: a tag names the same image for ever, each image is scanned when it
 * is pushed, old ones go. Others' images can be kept beside them, and copies in further regions.
 *
 * ```ts
 * const images = new ContainerRegistry("images", {
 *   accountId: "111122223333",
 *   region: "eu-west-1",
 *   repositories: { api: {}, worker: { mutableTags: ["cache-*"] } },
 *   pullThrough: { public: { upstream: UpstreamRegistry.ecrPublic } },
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topic.arn] },
 * });
 * const held = { grants: [images.grantPush] }; // arguments of a FargateService that builds images
 * ```
 *
 * A month: 0.10 USD a GB; pulls within the region are free, to others 0.02 USD a GB.
 */
export class ContainerRegistry extends ComponentResource {
  /** What images of a repository begin with, by repository: tags and digests follow it. */
  readonly repositoryUrls: Output<Record<string, string>>;
  readonly repositoryArns: Output<Record<string, string>>;
  /** Host name of the registry, which the copies of `pullThrough` begin with. */
  readonly registryHost: Output<string>;

  constructor(name: string, args: ContainerRegistryArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:ContainerRegistry", name, {}, opts);
    const credentials = judgedCredentials(name, args);
    refuse("ContainerRegistry", name, [...checkContainerRegistry(args), ...credentials.faults]);

    const { overrides, tags, region, accountId, scanning = ImageScanning.onPush } = args;
    const parent = this;
    const names = Object.keys(args.repositories ?? {});
    const repositories = Object.fromEntries(
      names.map((repository) => [repository, makeRepository(repository, args.repositories[repository]!)]),
    );
    if (scanning === ImageScanning.enhanced) makeEnhancedScanning();
    for (const [prefix, rule] of Object.entries(args.pullThrough ?? {})) makePullThrough(prefix, rule);
    if (args.replication) makeReplication(args.replication);
    if (args.alarms.choice === AlarmChoice.notify && names.length > 0) makeFindings();

    const made = Object.entries(repositories);
    const arns = made.map(([, { arn }]) => arn);
    grants.set(this, planRegistryGrants(name, arns, args));
    this.repositoryUrls = output(
      Object.fromEntries(made.map(([repository, { repositoryUrl }]) => [repository, repositoryUrl])),
    );
    this.repositoryArns = output(Object.fromEntries(made.map(([repository, { arn }]) => [repository, arn])));
    const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    this.registryHost = output(`${accountId}.dkr.ecr.${region}.${domain}`);
    this.registerOutputs({
      repositoryUrls: this.repositoryUrls,
      repositoryArns: this.repositoryArns,
      registryHost: this.registryHost,
    });

    function makeRepository(key: string, { mutableTags, ...kept }: RepositoryArgs): Repository {
      const repository = new Repository(
        `${name}-${key}`,
        override(overrides, "repository", {
          name: key,
          ...(mutableTags
            ? {
                imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
                imageTagMutabilityExclusionFilters: [...mutableTags]
                  .sort()
                  .map((filter) => ({ filter, filterType: "WILDCARD" })),
              }
            : { imageTagMutability: "IMMUTABLE" }),
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfigurations: [
            args.kmsKeyArn === undefined
              ? { encryptionType: "AES256" }
              : { encryptionType: "KMS", kmsKey: args.kmsKeyArn },
          ],
          forceDelete: false,
          tags,
        }),
        { parent, protect: args.deletionProtection ?? true },
      );
      new LifecyclePolicy(
        `${name}-${key}-lifecycle`,
        override(overrides, "lifecycle", { repository: repository.name, policy: imageLifecycle(kept) }),
        { parent },
      );
      if (args.pullAccountIds && args.pullAccountIds.length > 0) {
        const policy = pullPolicy(region, args.pullAccountIds);
        new RepositoryPolicy(
          `${name}-${key}-policy`,
          override(overrides, "repositoryPolicy", { repository: repository.name, policy }),
          { parent },
        );
      }
      return repository;
    }

    function makeEnhancedScanning(): void {
      new RegistryScanningConfiguration(
        `${name}-scanning`,
        override(overrides, "scanning", {
          scanType: "ENHANCED",
          rules: [
            {
              scanFrequency: "CONTINUOUS_SCAN",
              repositoryFilters: [{ filter: "*", filterType: "WILDCARD" }],
            },
          ],
        }),
        { parent },
      );
    }

    function makePullThrough(prefix: string, rule: PullThroughArgs): void {
      // Upstream tags move, so those of the copies do.
      const template = new RepositoryCreationTemplate(
        `${name}-${prefix}-template`,
        override(overrides, "creationTemplate", {
          prefix,
          appliedFors: ["PULL_THROUGH_CACHE"],
          description: `Copies of images of ${rule.upstream}`,
          imageTagMutability: "MUTABLE",
          lifecyclePolicy: copyLifecycle(rule.keepDays),
        }),
        { parent },
      );
      new PullThroughCacheRule(
        `${name}-${prefix}-upstream`,
        override(overrides, "pullThroughRule", {
          ecrRepositoryPrefix: prefix,
          upstreamRegistryUrl: rule.upstream,
          credentialArn: credentials.values[prefix],
        }),
        { parent, dependsOn: [template] },
      );
    }

    function makeReplication(replication: NonNullable<ContainerRegistryArgs["replication"]>): void {
      const registryId = replication.accountId ?? accountId;
      new ReplicationConfiguration(
        `${name}-replication`,
        override(overrides, "replication", {
          replicationConfiguration: {
            rules: [
              {
                destinations: [...replication.regions].sort().map((copy) => ({ region: copy, registryId })),
                repositoryFilters: [...names]
                  .sort()
                  .map((filter) => ({ filter, filterType: "PREFIX_MATCH" })),
              },
            ],
          },
        }),
        { parent },
      );
    }

    /** ECR has no metric of what a scan finds; it has events. */
    function makeFindings(): void {
      const rule = new EventRule(
        `${name}-findings`,
        override(overrides, "findingsRule", {
          description: `Critical weaknesses in images of ${name}`,
          eventPattern: findingsPattern(names, scanning),
          tags,
        }),
        { parent },
      );
      // By place, because topics have no names that are known here; a target that is replaced loses nothing.
      for (const [at, arn] of (args.alarms.topicArns ?? []).entries()) {
        new EventTarget(
          `${name}-findings-${at}`,
          override(overrides, "findingsTarget", { rule: rule.name, arn }),
          { parent },
        );
      }
    }
  }

  /** To pull the images of every repository, and copies of `pullThrough`. */
  get grantPull(): Grant {
    return grants.get(this)!.pull;
  }

  /** To push and pull images of every repository; nothing is deleted and no tag moved that may not. */
  get grantPush(): Grant {
    return grants.get(this)!.push;
  }
}

/** Each credential as its rule uses it, judged as soon as it is known. */
function judgedCredentials(name: string, { pullThrough = {} }: ContainerRegistryArgs) {
  const all = Object.entries(pullThrough).flatMap(([prefix, { credentialArn }]) => {
    if (credentialArn === undefined) return [];
    const field = `pullThrough.${prefix}.credentialArn`;
    const judge = (arn: string) => checkCredential(field, arn);
    return [{ prefix, ...judged("ContainerRegistry", name, credentialArn, judge) }];
  });
  return {
    values: Object.fromEntries(all.map(({ prefix, value }) => [prefix, value])),
    faults: all.flatMap(({ faults }) => faults),
  };
}
