// Who comes in, and as whom: TLS, an identity of IAM and one of the access points, or not at all.

import { type Input, jsonStringify, type Output } from "@pulumi/pulumi";
import type { Grant } from "../grants.ts";

export const NFS_PORT = 2049;
const MOUNT = "elasticfilesystem:ClientMount";
const WRITE = "elasticfilesystem:ClientWrite";
const ROOT = "elasticfilesystem:ClientRootAccess";
const ACCESS_POINT = "elasticfilesystem:AccessPointArn";

/**
 * What the file system refuses. It allows nothing: with a policy that is ours, clients without an identity are
 * out, and an identity needs a grant. A condition of "not equals" holds where no access point is used as well.
 * https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
 */
export function fileSystemPolicy(arn: Input<string>, accessPointArns: Input<string>[]): Output<string> {
  const refuse = { Effect: "Deny", Principal: { AWS: "*" }, Resource: arn };
  return jsonStringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "TlsOnly", ...refuse, Action: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
      {
        Sid: "AccessPointsOnly",
        ...refuse,
        Action: [MOUNT, WRITE],
        Condition: { StringNotEquals: { [ACCESS_POINT]: accessPointArns } },
      },
      { Sid: "NobodyIsRoot", ...refuse, Action: ROOT },
    ],
  });
}

/** To mount one access point of one file system. */
export function accessPointGrant(
  name: string,
  files: {
    arn: Input<string>;
    securityGroupId: Input<string>;
    accessPointArn: Input<string>;
    write: boolean;
  },
): Grant {
  return {
    name,
    connections: [{ securityGroupId: files.securityGroupId, port: NFS_PORT }],
    statements: [
      {
        actions: files.write ? [MOUNT, WRITE] : [MOUNT],
        resources: [files.arn],
        conditions: { StringEquals: { [ACCESS_POINT]: files.accessPointArn } },
      },
    ],
  };
}
