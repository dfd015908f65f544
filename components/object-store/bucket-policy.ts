// What the bucket itself refuses and allows, whatever the identity policies say.

import { type Input, interpolate } from "@pulumi/pulumi";
import type { JsonDocument } from "../document.ts";
import { tlsOnly } from "../private-bucket.ts";

/** TLS 1.2 or newer for everybody; reading for the named distributions, and for nobody else. */
export function bucketPolicy(
  arn: Input<string>,
  distributionArns: Record<string, Input<string>> = {},
): JsonDocument {
  const plain = tlsOnly(arn);
  const distributions = Object.keys(distributionArns).sort();
  return {
    Version: "2012-10-17",
    Statement: [
      plain,
      { ...plain, Sid: "ModernTls", Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
      ...(distributions.length > 0
        ? [
            {
              Sid: "Distributions",
              Effect: "Allow",
              Principal: { Service: "cloudfront.amazonaws.com" },
              Action: "s3:GetObject",
              Resource: interpolate`${arn}/*`,
              Condition: {
                StringEquals: { "AWS:SourceArn": distributions.map((key) => distributionArns[key]) },
              },
            },
          ]
        : []),
    ],
  };
}
