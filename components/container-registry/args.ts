import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { Overrides } from "../overrides.ts";

/** How images are searched for known weaknesses. */
export const ImageScanning = {
  /** Each image when it is pushed: packages of the operating system; free. */
  onPush: "onPush",
  /**
   * Amazon Inspector, continuously and packages of languages as well; about 0.09 USD an image and 0.01 for each
   * further scan. It is a setting of the whole registry of the account and region.
   */
  enhanced: "enhanced",
} as const;
export type ImageScanning = (typeof ImageScanning)[keyof typeof ImageScanning];

/**
 * Registries whose images are kept when they are first pulled.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
 */
export const UpstreamRegistry = {
  ecrPublic: "public.ecr.aws",
  kubernetes: "registry.k8s.io",
  quay: "quay.io",
  /** Asks for credentials. */
  dockerHub: "registry-1.docker.io",
  /** Asks for credentials. */
  github: "ghcr.io",
  /** Asks for credentials. */
  gitlab: "registry.gitlab.com",
} as const;
export type UpstreamRegistry = (typeof UpstreamRegistry)[keyof typeof UpstreamRegistry];

/** Images of one name. */
export interface RepositoryArgs {
  /**
   * Tags that may move, such as "cache-*": at most 5 patterns with up to 2 wildcards each. Default none: a tag
   * names the same image for ever.
   */
  mutableTags?: string[];
  /** Days until an image without a tag is deleted. Default 14. */
  untaggedDays?: number;
  /** The newest images that are kept, 1 to 1000. Default 500: more than are running anywhere. */
  keepImages?: number;
}

/** Copies of another registry's images, below a prefix of ours. */
export interface PullThroughArgs {
  upstream: UpstreamRegistry;
  /**
   * Secret with `username` and `accessToken`, whose name begins with "ecr-pullthroughcache/". Required for
   * dockerHub, github and gitlab.
   */
  credentialArn?: Input<string>;
  /** Days that a copy is kept. It comes again with the next pull. Default 30. */
  keepDays?: number;
}

/** Copies of our images in further regions. There is one such setting for an account and region. */
export interface RegistryReplicationArgs {
  /** Regions that get a copy of each image that is pushed. Their order does not matter. */
  regions: string[];
  /** Account number of the copies. Default: this account. */
  accountId?: string;
}

export interface ContainerRegistryArgs {
  /** Account number. */
  accountId: string;
  /** Region in which this is made, such as eu-west-1. */
  region: string;
  /** Repositories by their exact name, such as "api" or "team/api". */
  repositories: Record<string, RepositoryArgs>;
  alarms: AlarmArgs;
  /** Default `ImageScanning.onPush`. */
  scanning?: ImageScanning;
  /** Key that encrypts the images. Default: keys of ECR itself. A change replaces the repositories. */
  kmsKeyArn?: Input<string>;
  /** Other registries by the prefix of their copies: `{ docker: … }` serves `docker/library/nginx`. Default none. */
  pullThrough?: Record<string, PullThroughArgs>;
  /** Accounts that may pull the images, by number. Their order does not matter. Default none. */
  pullAccountIds?: string[];
  /** Default none. */
  replication?: RegistryReplicationArgs;
  /** Pulumi refuses to delete the repositories. Switch off and deploy before a destroy; ECR still demands they are empty. Default true. */
  deletionProtection?: boolean;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
