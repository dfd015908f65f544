import type { Input } from "@pulumi/pulumi";
import type { Overrides } from "../overrides.ts";

/** How much CloudWatch measures of the cluster's tasks. */
export const InsightLevel = {
  /** Down to each container: about 0.35 USD a month for each task's metrics and more for containers. */
  enhanced: "enhanced",
  /** Down to each service. */
  standard: "enabled",
  /** Nothing. */
  none: "disabled",
} as const;
export type InsightLevel = (typeof InsightLevel)[keyof typeof InsightLevel];

/** Shells in running containers, for services that ask for it. Sessions are encrypted and logged. */
export interface ClusterExecArgs {
  /** Key of sessions and of their log. Default: a key of its own, rotated each year, about 1 USD a month. */
  kmsKeyArn?: Input<string>;
  /** Days that session logs are kept, one of CloudWatch's periods. Default 365. */
  retentionDays?: number;
}

/** What a service or a session needs of a cluster. A `Cluster` is one; so is an object of ids. */
export interface ClusterReference {
  /** ARN of the cluster. */
  arn: Input<string>;
  /** Name of the cluster. */
  name: Input<string>;
  /** Region in which the cluster is. */
  region: Input<string>;
  /** Account number that the cluster belongs to. */
  accountId: Input<string>;
  /** Cloud Map namespace of Service Connect; empty or absent when the cluster has none. */
  namespaceArn?: Input<string>;
  /** Key of exec sessions; empty or absent when the cluster allows none. */
  execKeyArn?: Input<string>;
  /** Log group of exec sessions; empty or absent when the cluster allows none. */
  execLogGroupArn?: Input<string>;
}

export interface ClusterArgs {
  /** Account number in which this is made. */
  accountId: string;
  /** Region in which this is made, such as eu-west-1. */
  region: string;
  /** Default `InsightLevel.enhanced`. */
  insights?: InsightLevel;
  /** Default: no shells in this cluster. */
  exec?: ClusterExecArgs;
  /** Key of the disks of tasks. Default: a key of AWS. */
  storageKmsKeyArn?: Input<string>;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
