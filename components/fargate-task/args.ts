import type { Input } from "@pulumi/pulumi";
import type { ClusterReference } from "../cluster/args.ts";
import type { Grant } from "../grants.ts";
import type { NetworkReference } from "../network/args.ts";
import type { Overrides } from "../overrides.ts";

/** Processor of the tasks. */
export const Architecture = {
  /** Graviton: about a fifth cheaper. */
  arm64: "ARM64",
  x64: "X86_64",
} as const;
export type Architecture = (typeof Architecture)[keyof typeof Architecture];

/** How an image must be named. */
export const ImagePinning = {
  /** By digest (`…@sha256:…`): what was tested is what runs. */
  digest: "digest",
  /** By a tag that the registry never moves; `latest` is refused. */
  immutableTag: "immutableTag",
} as const;
export type ImagePinning = (typeof ImagePinning)[keyof typeof ImagePinning];

/** What is spoken on the tasks' port. */
export const PortProtocol = {
  http: "http",
  http2: "http2",
  grpc: "grpc",
  /** Anything else; not behind a load balancer. */
  tcp: "tcp",
} as const;
export type PortProtocol = (typeof PortProtocol)[keyof typeof PortProtocol];

/** A secret that a container gets as an environment variable when it starts. The value is never in the state. */
export interface SecretReference {
  /** ARN of a secret of Secrets Manager or of a parameter of Parameter Store. */
  arn: Input<string>;
  /** Field of a secret that is JSON. Default: the whole secret. */
  field?: string;
  /** Key that it is encrypted with, when that is not AWS's own. */
  kmsKeyArn?: Input<string>;
}

/** A folder of a network file system, mounted over TLS with the task's own identity. */
export interface FileVolumeArgs {
  /** Where the container sees it, such as /data. */
  path: string;
  /** Id of the file system. */
  fileSystemId: Input<string>;
  /** ARN of the file system. */
  fileSystemArn: Input<string>;
  /** Id of the access point, which fixes folder, user and group. */
  accessPointId: Input<string>;
  /** ARN of the access point. */
  accessPointArn: Input<string>;
  /** Security group of the file system; it gets a rule that lets the tasks in. */
  securityGroupId: Input<string>;
  /** Default false. */
  readOnly?: boolean;
}

/** A command in the container that tells whether it is well. */
export interface ContainerHealthArgs {
  /** Command and its arguments, run without a shell, such as `["/app/healthy"]`. */
  command: string[];
  /** Seconds from one check to the next, 5 to 300. Default 15. */
  intervalSeconds?: number;
  /** Seconds that a check may take, 2 to 60. Default 5. */
  timeoutSeconds?: number;
  /** Failures in a row after which the container is unhealthy, 1 to 10. Default 3. */
  retries?: number;
  /** Seconds after the start in which failures do not count, 0 to 300. Default 30. */
  startSeconds?: number;
}

/** What runs in a container, and how little it may do. */
export interface ContainerArgs {
  /** Image, named as `imagePinning` says. */
  image: Input<string>;
  /** Replaces the image's command. */
  command?: Input<string>[];
  /** Replaces the image's entry point. */
  entryPoint?: Input<string>[];
  /** Variables. Not for secrets: they would be readable for everybody who may see the task definition. */
  environment?: Record<string, Input<string>>;
  /** Variables whose values are secrets, by variable name. */
  secrets?: Record<string, SecretReference>;
  /** User, or user and group, that is not root, by number or name. Default 65532:65532. */
  user?: string;
  /** Folders that may be written, empty at each start; the rest of the file system is read-only. Default none. */
  writablePaths?: string[];
  /** Default: running is enough. */
  health?: ContainerHealthArgs;
}

/** A container beside the main one: a collector, a proxy. */
export interface SidecarArgs extends ContainerArgs {
  /** Ends the task when it ends. Default false: it is started again. */
  essential?: boolean;
  /** Ports that it listens on, for the other containers of the task. */
  ports?: number[];
}

/** Where a container's output goes: a log group. */
export interface TaskLogArgs {
  /** Days that logs are kept, one of CloudWatch's periods. Default 365. */
  retentionDays?: number;
  /** Key that encrypts them. Default: a key of the log service. */
  kmsKeyArn?: Input<string>;
}

/** What every task on Fargate has: services and sessions add to it. */
export interface TaskArgs extends ContainerArgs {
  cluster: ClusterReference;
  network: NetworkReference;
  /**
   * Family of the task's revisions, unique in account and region. Default: the component's name; give another
   * one where stacks share an account. Changing it begins a new history.
   */
  family?: string;
  /** Default `ImagePinning.digest`. */
  imagePinning?: ImagePinning;
  /** CPU units, 1024 to a virtual processor: 256, 512, 1024, 2048, 4096, 8192 or 16384. Default 256. */
  cpu?: number;
  /** Memory in MiB; each CPU size takes its own range. Default: the least for `cpu`. */
  memoryMiB?: number;
  /** Default `Architecture.arm64`. */
  architecture?: Architecture;
  /** Port that the main container listens on. Default: it listens on none. */
  port?: number;
  /** What is spoken there. Default `PortProtocol.http`. */
  portProtocol?: PortProtocol;
  /** Disk of the task in GiB, 21 to 200. Default: 20, which is free. */
  storageGiB?: number;
  /** Seconds from the polite to the hard stop, 1 to 120. Default 30. */
  stopSeconds?: number;
  /** Network file systems by a name of your choice. */
  files?: Record<string, FileVolumeArgs>;
  /** Containers beside the main one, by name. */
  sidecars?: Record<string, SidecarArgs>;
  logs?: TaskLogArgs;
  /** Shells in running containers; the cluster must allow it. Default false. */
  exec?: boolean;
  /** What the tasks may do and reach, as other components offer it. */
  grants?: Grant[];
  /** ARN of the policy that limits the roles that are made here. */
  permissionsBoundaryArn?: Input<string>;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
