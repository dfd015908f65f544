// The certificate of a CDN and the records that prove it and lead to it.

import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { CertificateValidation } from "@pulumi/aws/acm/certificateValidation.js";
import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import type { Input, Output, Resource } from "@pulumi/pulumi";
import { type Overrides, override } from "../overrides.ts";
import type { CdnDomainArgs } from "./args.ts";
import { CLOUDFRONT_REGION } from "./check.ts";

export interface CertificateContext {
  name: string;
  parent: Resource;
  tags?: Record<string, Input<string>>;
  overrides?: Overrides;
}

/** A certificate for all domains, proven by records in their zones. The ARN is known when it is proven. */
export function makeCertificate(
  domains: Record<string, CdnDomainArgs>,
  { name, parent, tags, overrides }: CertificateContext,
): Output<string> {
  const [first, ...further] = Object.keys(domains).sort();
  const certificate = new Certificate(
    `${name}-certificate`,
    override(overrides, "certificate", {
      region: CLOUDFRONT_REGION,
      domainName: first!,
      subjectAlternativeNames: further,
      validationMethod: "DNS",
      tags,
    }),
    { parent },
  );
  // A name and its wildcard are proven by the same record.
  const proven = new Map(
    Object.entries(domains).map(([domain, args]) => [domain.replace(/^\*\./, ""), args]),
  );
  const records = [...proven]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([domain, { zoneId }]) => {
      const proof = certificate.domainValidationOptions.apply(
        (options) => options.find((option) => option.domainName.replace(/^\*\./, "") === domain)!,
      );
      return new DnsRecord(
        `${name}-proof-${domain}`,
        {
          zoneId: zoneId!,
          name: proof.resourceRecordName,
          type: proof.resourceRecordType,
          records: [proof.resourceRecordValue],
          ttl: 300,
        },
        { parent },
      );
    });
  const validation = new CertificateValidation(
    `${name}-certificate-proven`,
    {
      region: CLOUDFRONT_REGION,
      certificateArn: certificate.arn,
      validationRecordFqdns: records.map(({ fqdn }) => fqdn),
    },
    { parent },
  );
  return validation.certificateArn;
}

/** Records of each domain that has a zone, by IPv4 and IPv6. */
export function makeRecords(
  domains: Record<string, CdnDomainArgs>,
  target: { domainName: Input<string>; zoneId: Input<string> },
  { name, parent }: CertificateContext,
): void {
  for (const [domain, { zoneId }] of Object.entries(domains)) {
    if (zoneId === undefined) continue;
    for (const type of ["A", "AAAA"]) {
      new DnsRecord(
        `${name}-${domain}-${type.toLowerCase()}`,
        {
          zoneId,
          name: domain,
          type,
          aliases: [{ name: target.domainName, zoneId: target.zoneId, evaluateTargetHealth: false }],
        },
        { parent },
      );
    }
  }
}
