import { checkAlarms } from "../alarms.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { unknownRoles } from "../overrides.ts";
import { checkPlace, isRegion } from "../regions.ts";
import {
  type ContainerRegistryArgs,
  ImageScanning,
  type PullThroughArgs,
  type RegistryReplicationArgs,
  type RepositoryArgs,
  UpstreamRegistry,
} from "./args.ts";

/** Roles of the children, for `overrides`. */
export const CONTAINER_REGISTRY_ROLES = [
  "repository",
  "lifecycle",
  "repositoryPolicy",
  "scanning",
  "pullThroughRule",
  "creationTemplate",
  "replication",
  "findingsRule",
  "findingsTarget",
] as const;

const NAME = /^[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/;
const WITH_CREDENTIALS: string[] = [
  UpstreamRegistry.dockerHub,
  UpstreamRegistry.github,
  UpstreamRegistry.gitlab,
];

/** Everything that is wrong with a registry's arguments. Credentials are judged where they are used. */
export function checkContainerRegistry(args: ContainerRegistryArgs): Fault[] {
  const { repositories = {}, pullThrough = {}, scanning, replication, pullAccountIds = [] } = args;
  return [
    ...unknownRoles(args.overrides, CONTAINER_REGISTRY_ROLES),
    ...checkPlace(args),
    ...(Object.keys(repositories).length + Object.keys(pullThrough).length === 0
      ? [{ field: "repositories", value: repositories, allowed: "at least one, or a pullThrough" }]
      : []),
    ...Object.entries(repositories).flatMap(([name, repository]) => checkRepository(name, repository)),
    ...Object.entries(pullThrough).flatMap(([prefix, rule]) =>
      checkPullThrough(prefix, rule, Object.keys(repositories)),
    ),
    ...(scanning === undefined ? [] : oneOf("scanning", scanning, ImageScanning)),
    ...(replication ? checkReplication(replication, args.region, Object.keys(repositories)) : []),
    ...pullAccountIds.flatMap((id, at) => checkAccount(`pullAccountIds[${at}]`, id)),
    ...checkAlarms(args.alarms),
  ];
}

function checkRepository(name: string, { mutableTags, untaggedDays, keepImages }: RepositoryArgs): Fault[] {
  const field = `repositories.${name}`;
  const faults: Fault[] = [];
  if (!NAME.test(name) || name.length < 2 || name.length > 256) {
    const allowed = "2 to 256 small letters and digits, parted by single . _ - or /";
    faults.push({ field, value: name, allowed });
  }
  if (mutableTags && (mutableTags.length === 0 || mutableTags.length > 5)) {
    faults.push({ field: `${field}.mutableTags`, value: mutableTags, allowed: "1 to 5 patterns" });
  }
  for (const [at, pattern] of (mutableTags ?? []).entries()) {
    if (/^[\w.*-]{1,128}$/.test(pattern) && pattern.split("*").length <= 3) continue;
    const allowed = "a tag with at most 2 wildcards, such as cache-*";
    faults.push({ field: `${field}.mutableTags[${at}]`, value: pattern, allowed });
  }
  return [
    ...faults,
    ...(untaggedDays === undefined
      ? []
      : wholeNumber(`${field}.untaggedDays`, untaggedDays, 1, 36500, "days")),
    ...(keepImages === undefined ? [] : wholeNumber(`${field}.keepImages`, keepImages, 1, 1000, "images")),
  ];
}

function checkPullThrough(prefix: string, rule: PullThroughArgs, repositories: string[]): Fault[] {
  const field = `pullThrough.${prefix}`;
  const faults = oneOf(`${field}.upstream`, rule.upstream, UpstreamRegistry);
  if (!NAME.test(prefix) || prefix.length < 2 || prefix.length > 30) {
    const allowed = "2 to 30 small letters and digits, parted by single . _ - or /";
    faults.push({ field, value: prefix, allowed });
  }
  const below = repositories.find((name) => name.startsWith(`${prefix}/`));
  if (below !== undefined) {
    faults.push({ field, value: prefix, allowed: `a prefix that no repository has, unlike ${below}` });
  }
  if (WITH_CREDENTIALS.includes(rule.upstream) && rule.credentialArn === undefined) {
    const allowed = `a secret, which ${rule.upstream} asks for`;
    faults.push({ field: `${field}.credentialArn`, value: undefined, allowed });
  }
  if (rule.keepDays !== undefined) {
    faults.push(...wholeNumber(`${field}.keepDays`, rule.keepDays, 1, 36500, "days"));
  }
  return faults;
}

/** ECR takes secrets of this prefix only; ARNs that are not known yet pass. */
export function checkCredential(field: string, arn: string): Fault[] {
  const allowed = 'the ARN of a secret whose name begins with "ecr-pullthroughcache/"';
  return /^arn:aws[a-z-]*:secretsmanager:[^:]+:\d{12}:secret:ecr-pullthroughcache\//.test(arn)
    ? []
    : [{ field, value: arn, allowed }];
}

function checkReplication(
  { regions, accountId }: RegistryReplicationArgs,
  home: string,
  repositories: string[],
): Fault[] {
  const faults: Fault[] = accountId === undefined ? [] : checkAccount("replication.accountId", accountId);
  // No filter would mean everything that the registry has, and ECR takes 100.
  if (repositories.length === 0 || repositories.length > 100) {
    const allowed = "1 to 100 repositories beside it";
    faults.push({ field: "replication", value: repositories.length, allowed });
  }
  if (regions.length === 0) {
    faults.push({ field: "replication.regions", value: regions, allowed: "at least one region" });
  }
  for (const [at, region] of regions.entries()) {
    const field = `replication.regions[${at}]`;
    if (!isRegion(region)) {
      faults.push({ field, value: region, allowed: "a region of AWS, such as eu-central-1" });
    } else if (region === home && accountId === undefined) {
      faults.push({ field, value: region, allowed: "another region than the registry's own" });
    } else if (regions.indexOf(region) < at) {
      faults.push({ field, value: region, allowed: "each region once" });
    }
  }
  return faults;
}

function checkAccount(field: string, id: string): Fault[] {
  return /^\d{12}$/.test(id) ? [] : [{ field, value: id, allowed: "an account number of 12 digits" }];
}
