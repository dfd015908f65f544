// Regions of AWS, as far as they can be known without asking.

import type { Fault } from "./faults.ts";

/** `eu-west-1`, `us-gov-east-1`; Pulumi and AWS agree on no machine-readable list that is offline. */
const REGION =
  /^(af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]$/;

export function isRegion(text: string): boolean {
  return REGION.test(text);
}

/** The region of a zone's name: "eu-west-1a" → "eu-west-1"; nothing for what is no ordinary zone. */
export function regionOfZone(zone: string): string | undefined {
  const region = /^(.+-\d)[a-h]$/.exec(zone)?.[1];
  return region !== undefined && isRegion(region) ? region : undefined;
}

/** The region in an ARN; nothing for what is no ARN or has no region. */
export function regionOfArn(arn: string): string | undefined {
  return /^arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]+):/.exec(arn)?.[1];
}

/** The partition that a region belongs to, which ARNs begin with. */
export function partitionOf(region: string): string {
  return region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The faults of an account number and a region that are given as arguments, as a list to spread. */
export function checkPlace({ accountId, region }: { accountId: string; region: string }): Fault[] {
  const faults: Fault[] = [];
  if (!/^\d{12}$/.test(accountId)) {
    faults.push({ field: "accountId", value: accountId, allowed: "an account number of 12 digits" });
  }
  if (!isRegion(region)) {
    faults.push({ field: "region", value: region, allowed: "a region of AWS, such as eu-west-1" });
  }
  return faults;
}

/** The fault of a certificate that is not in the region where it is used; ARNs that are not known yet pass. */
export function checkCertificate(field: string, arn: string, region: string): Fault[] {
  const found = regionOfArn(arn);
  return found === region
    ? []
    : [{ field, value: arn, allowed: `the ARN of a certificate in ${region}, where it is used` }];
}
