import type { Input } from "@pulumi/pulumi";
import type { AlarmSpec } from "../alarms.ts";

/** What somebody must hear of: viewers see errors, or the certificate is not renewed. */
export function planCdnAlarms(
  name: string,
  { distributionId, certificateArn }: { distributionId: Input<string>; certificateArn: Input<string> },
): AlarmSpec[] {
  return [
    {
      key: "errors",
      description: `More than 5 of 100 viewers of ${name} see a server error. Look at its origins, then at its logs.`,
      namespace: "AWS/CloudFront",
      metric: "5xxErrorRate",
      dimensions: { DistributionId: distributionId, Region: "Global" },
      statistic: "Average",
      comparison: "GreaterThanThreshold",
      threshold: 5,
      periodSeconds: 60,
      periods: 5,
    },
    {
      key: "certificate",
      description: `The certificate of ${name} ends in less than 20 days and was not renewed. Look at its validation records.`,
      namespace: "AWS/CertificateManager",
      metric: "DaysToExpiry",
      dimensions: { CertificateArn: certificateArn },
      statistic: "Minimum",
      comparison: "LessThanThreshold",
      threshold: 20,
      periodSeconds: 86_400,
      periods: 1,
    },
  ];
}
