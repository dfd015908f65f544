// Domains of a front door, and the records that prove them and lead to it.

import { AFDCustomDomain } from "@pulumi/azure-native/cdn/afdcustomDomain.js";
import type { AFDEndpoint } from "@pulumi/azure-native/cdn/afdendpoint.js";
import { RecordSet } from "@pulumi/azure-native/dns/recordSet.js";
import type { Input, Output, Resource } from "@pulumi/pulumi";
import { type Overrides, override } from "../overrides.ts";
import type { DnsZoneReference, FrontDoorDomainArgs } from "./args.ts";

export interface DomainContext {
  name: string;
  parent: Resource;
  resourceGroupName: Input<string>;
  profileName: Input<string>;
  endpoint: AFDEndpoint;
  overrides?: Overrides;
}

export interface MadeDomain {
  id: Output<string>;
  /** Text of the TXT record `_dnsauth` that proves the domain. */
  validationToken: Output<string>;
}

/** With a certificate that Azure makes and renews as long as the records are there. */
export function makeDomain(
  domain: string,
  { zone }: FrontDoorDomainArgs,
  { name, parent, resourceGroupName, profileName, endpoint, overrides }: DomainContext,
): MadeDomain {
  const made = new AFDCustomDomain(
    `${name}-domain-${domain}`,
    override(overrides, "customDomain", {
      resourceGroupName,
      profileName,
      customDomainName: domain.replaceAll(".", "-"),
      hostName: domain,
      ...(zone && { azureDnsZone: { id: zone.id } }),
      tlsSettings: {
        certificateType: "ManagedCertificate",
        minimumTlsVersion: "TLS12" as const,
        cipherSuiteSetType: "TLS12_2023",
      },
    }),
    { parent },
  );
  const validationToken = made.validationProperties.apply((properties) => properties.validationToken);
  if (zone) makeRecords(domain, zone, { name, parent, endpoint, validationToken });
  return { id: made.id, validationToken };
}

function makeRecords(
  domain: string,
  zone: DnsZoneReference,
  {
    name,
    parent,
    endpoint,
    validationToken,
  }: Pick<DomainContext, "name" | "parent" | "endpoint"> & { validationToken: Output<string> },
): void {
  const place = { zoneName: zone.zoneName, resourceGroupName: zone.resourceGroupName };
  const label = domain === zone.zoneName ? "@" : domain.slice(0, -zone.zoneName.length - 1);
  new RecordSet(
    `${name}-proof-${domain}`,
    {
      ...place,
      recordType: "TXT",
      relativeRecordSetName: label === "@" ? "_dnsauth" : `_dnsauth.${label}`,
      ttl: 3600,
      txtRecords: [{ value: [validationToken] }],
    },
    { parent },
  );
  // The top of a zone cannot be a CNAME; Azure follows the endpoint's addresses there itself.
  const target =
    label === "@"
      ? { recordType: "A", targetResource: { id: endpoint.id } }
      : { recordType: "CNAME", cnameRecord: { cname: endpoint.hostName } };
  new RecordSet(
    `${name}-${domain}`,
    { ...place, ...target, relativeRecordSetName: label, ttl: 3600 },
    { parent },
  );
}
