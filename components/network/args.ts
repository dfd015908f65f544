import type { Input } from "@pulumi/pulumi";
import type { Overrides } from "../overrides.ts";

/** How private subnets reach the internet. */
export const Egress = {
  /** A NAT gateway in each zone: no zone depends on another. About 33 USD a month each, and 0.045 USD a GB. */
  natPerAz: "natPerAz",
  /** One NAT gateway: a zone's outage cuts all private subnets off, and traffic between zones is charged. */
  natSingle: "natSingle",
  /** One small instance that translates addresses: about 3 USD a month, nothing per GB, at most 5 Gbit/s. */
  natInstance: "natInstance",
  /** No internet: AWS services are reached through endpoints only. */
  endpointsOnly: "endpointsOnly",
  /** Nothing is reached but S3, whose gateway endpoint is free. */
  none: "none",
} as const;
export type Egress = (typeof Egress)[keyof typeof Egress];

/** What a tier's subnets are connected to. */
export const TierKind = {
  /** The internet, both ways: load balancers and NAT. */
  public: "public",
  /** The internet through the network's egress, outward only: services. */
  private: "private",
  /** The network itself: databases, file systems, caches. */
  isolated: "isolated",
} as const;
export type TierKind = (typeof TierKind)[keyof typeof TierKind];

/** A tier: one subnet of the same kind in each zone. */
export interface TierArgs {
  kind: TierKind;
  /**
   * Which of the 8 equal slots of each zone's block the tier begins at, 0 to 7. The slot is the tier's address
   * for good: other tiers come and go without moving it.
   */
  slot: number;
  /** How many slots it takes: 1, 2 or 4; `slot` is a multiple of it. Default 1. */
  span?: number;
}

/** The AWS services that workloads of the network call. Each has an endpoint inside, about 8 USD a month and zone. */
export interface NetworkUses {
  /** Images from ECR. */
  containerImages?: boolean;
  /** CloudWatch Logs. */
  logs?: boolean;
  /** Secrets Manager. */
  secrets?: boolean;
  /** ECS exec and Session Manager. */
  exec?: boolean;
  /** Parameter Store. */
  parameters?: boolean;
  /** KMS. */
  keys?: boolean;
  /** CloudWatch metrics. */
  metrics?: boolean;
  /** X-Ray. */
  traces?: boolean;
  /** STS. */
  tokens?: boolean;
  /** The ECS API, for a control plane that starts tasks. */
  ecs?: boolean;
  /** The EC2 API. */
  ec2?: boolean;
  /** SQS. */
  queues?: boolean;
  /** DynamoDB; a gateway endpoint, free. */
  tables?: boolean;
}

/** Records of the traffic: who talked to whom, accepted or refused. */
export interface FlowLogArgs {
  /** Default true. */
  enabled?: boolean;
  /** Days that records are kept, one of CloudWatch's periods. Default 365. */
  retentionDays?: number;
  /** Key that encrypts the records. Default: a key of the log service. */
  kmsKeyArn?: Input<string>;
}

/** The instance of `Egress.natInstance`. */
export interface NatInstanceArgs {
  /** An ARM type. Default t4g.nano. */
  instanceType?: Input<string>;
  /**
   * An image that translates addresses by itself, such as fck-nat. Default: the newest Amazon Linux 2023, set
   * up by cloud-init.
   */
  imageId?: Input<string>;
}

/** A network that exists already and that others look after. */
export interface ExistingNetworkArgs {
  /** Id of the VPC. */
  vpcId: Input<string>;
  /** IPv4 range of the VPC. */
  cidr: Input<string>;
  /** Subnets that reach the internet and are reached from it. Default none. */
  publicSubnetIds?: Input<Input<string>[]>;
  /** Subnets of services. */
  privateSubnetIds: Input<Input<string>[]>;
  /** Subnets of databases. Default: the private ones. */
  dataSubnetIds?: Input<Input<string>[]>;
}

/** What other components need of a network. A `Network` is one; so is an object of ids. */
export interface NetworkReference {
  /** Id of the VPC. */
  vpcId: Input<string>;
  /** IPv4 range of the VPC. */
  cidr: Input<string>;
  /** Where what faces the internet stands. */
  publicSubnetIds: Input<Input<string>[]>;
  /** Where services stand. */
  privateSubnetIds: Input<Input<string>[]>;
  /** Where databases and file systems stand. */
  dataSubnetIds: Input<Input<string>[]>;
}

export interface NetworkArgs {
  /**
   * Zones by name, all of one region, such as `["eu-west-1a", "eu-west-1b"]`. A zone's letter gives its block,
   * so zones can be added and removed in any order. Required unless `existing` is given.
   */
  zones?: string[];
  /**
   * IPv4 range of the VPC, /16 to /22. Each zone has an eighth of it, each slot of a tier an eighth of that.
   * Default 10.0.0.0/16: private subnets of 4,091 addresses, public and data subnets of 1,019.
   */
  cidr?: string;
  /**
   * Further tiers by name, or other slots for the tiers `public` (slot 0), `data` (slot 1) and `private` (slot
   * 4, span 4). Slots 2 and 3 are free.
   */
  tiers?: Record<string, TierArgs>;
  /** Required unless `existing` is given: it is most of a network's bill. */
  egress?: Egress;
  /** Zone of the only NAT gateway or instance. Default: the first of `zones`. */
  natZone?: string;
  /** For `Egress.natInstance`. */
  natInstance?: NatInstanceArgs;
  /** Which AWS services get an endpoint inside. Default none but S3. */
  uses?: NetworkUses;
  /** Adds an IPv6 range; private subnets reach out by IPv6 without NAT and cannot be reached. Default false. */
  ipv6?: boolean;
  flowLogs?: FlowLogArgs;
  /** Takes a network as it is instead of making one; only `tags` may be given beside it. */
  existing?: ExistingNetworkArgs;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
