import { type Input, interpolate } from "@pulumi/pulumi";
import type { Grant, PolicyStatement } from "../grants.ts";

export interface StoreGrants {
  read: Grant;
  write: Grant;
  delete: Grant;
}

/** What others may be allowed to do with one bucket, and with its key for this bucket's service only. */
export function planStoreGrants(
  name: string,
  bucketArn: Input<string>,
  { region, kmsKeyArn }: { region: string; kmsKeyArn?: Input<string> },
): StoreGrants {
  const objects = interpolate`${bucketArn}/*`;
  const key = (actions: string[]): PolicyStatement[] =>
    kmsKeyArn === undefined
      ? []
      : [
          {
            actions,
            resources: [kmsKeyArn],
            conditions: { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } },
          },
        ];
  return {
    read: {
      name: `${name}-read`,
      statements: [
        { actions: ["s3:GetObject"], resources: [objects] },
        { actions: ["s3:ListBucket"], resources: [bucketArn] },
        ...key(["kms:Decrypt"]),
      ],
    },
    write: {
      name: `${name}-write`,
      statements: [
        {
          actions: ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
          resources: [objects],
        },
        // The parts of an upload are read back with the key when they are put together.
        ...key(["kms:GenerateDataKey", "kms:Decrypt"]),
      ],
    },
    delete: { name: `${name}-delete`, statements: [{ actions: ["s3:DeleteObject"], resources: [objects] }] },
  };
}
