import { all, type Input, Output, output } from "@pulumi/pulumi";
import type { JsonDocument } from "./document.ts";

/** One statement of an identity policy. The resources are exact; "*" only where IAM knows none, as for a login to ECR. */
export interface PolicyStatement {
  /** What is allowed, such as "s3:GetObject". */
  actions: string[];
  /** ARNs. */
  resources: Input<string>[];
  /** IAM condition block: operator → key → value or values. */
  conditions?: Record<string, Record<string, Input<string>>>;
}

/** A network path that a grant opens: the holder may reach a port of a security group. */
export interface GrantedConnection {
  /** The security group that is reached. */
  securityGroupId: Input<string>;
  /** Port of TCP that is reached. */
  port: number;
}

/**
 * What a component allows others to do with it, as data: `new FargateService("api", { grants: [bucket.grantRead] })`.
 * The receiver puts the statements into its role and opens the connections from its own security group, so a
 * grant makes nothing until somebody holds it.
 */
export interface Grant {
  /** Stable name, unique among the grants of one receiver: it names the policy and the rules. */
  name: string;
  /** None when the grant only opens a connection. */
  statements?: PolicyStatement[];
  /** None when the grant only allows calls. */
  connections?: GrantedConnection[];
}

/** A statement of which it may turn out that it names nothing; then the policy goes without it. */
export interface OpenStatement extends Omit<PolicyStatement, "resources"> {
  resources: Input<string>[] | Output<string[]>;
}

/** A policy document of `Allow` statements, for `documentText`. */
export function policyDocument(statements: readonly OpenStatement[]): JsonDocument {
  return {
    Version: "2012-10-17",
    Statement: statements.map(({ actions, resources, conditions }) => ({
      Effect: "Allow",
      Action: [...actions].sort(),
      Resource: whenKnown(resources, (arns) => [...arns].sort()),
      ...(conditions && { Condition: conditions }),
    })),
  };
}

/** What is made of values: at once where all are plain ones. */
export function whenKnown<T>(
  values: readonly Input<string>[] | Output<string[]>,
  make: (known: readonly string[]) => T[],
): T[] | Output<T[]> {
  if (Output.isInstance(values)) return values.apply(make) as Output<T[]>;
  if (values.every((value) => typeof value === "string")) return make(values as string[]);
  return all([...values]).apply(make) as Output<T[]>;
}

/** The trust policy of a role that one AWS service assumes, for work in one account only. */
export function trustPolicy(service: string, conditions?: Record<string, Record<string, Input<string>>>) {
  return output(conditions).apply((known) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: service },
          Action: "sts:AssumeRole",
          ...(known && { Condition: known }),
        },
      ],
    }),
  );
}
