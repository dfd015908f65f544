import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { CertificateValidation } from "@pulumi/aws/acm/certificateValidation.js";
import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import type { Output } from "@pulumi/pulumi";

/**
 * A certificate of one domain in each of some regions. ACM asks an account for the same record in every region, so
 * one record proves all of them; two would be refused as doubles.
 *
 * @returns ARNs by region, known when proven
 */
export function makeCertificates(
  domain: string,
  {
    name = "certificate",
    zoneId,
    regions,
    tags,
  }: { name?: string; zoneId: string; regions: string[]; tags: Record<string, string> },
): Record<string, Output<string>> {
  const certificates = regions.map((region) => {
    const settings = { region, domainName: domain, validationMethod: "DNS", tags };
    return [region, new Certificate(`${name}-${region}`, settings)] as const;
  });
  const proof = certificates[0]![1].domainValidationOptions.apply(([option]) => option!);
  const record = new DnsRecord(`${name}-proof`, {
    zoneId,
    name: proof.resourceRecordName,
    type: proof.resourceRecordType,
    records: [proof.resourceRecordValue],
    ttl: 300,
  });
  return Object.fromEntries(
    certificates.map(([region, { arn }]) => {
      const validation = new CertificateValidation(`${name}-${region}-proven`, {
        region,
        certificateArn: arn,
        validationRecordFqdns: [record.fqdn],
      });
      return [region, validation.certificateArn];
    }),
  );
}
