import type { Graph, GraphResource, Json } from "../../components/testing/index.ts";
import type { References } from "./references.ts";

const CERTIFICATE = "aws:acm/certificate:Certificate";
const VALIDATION = "aws:acm/certificateValidation:CertificateValidation";

/** A zone in which a domain of a certificate is proven. */
export interface Proof {
  domain: string;
  /** The record whose input `zoneId` names the zone. */
  record: GraphResource;
  zoneId: Json;
}

/**
 * How certificates are proven. In Pulumi by DNS records that hold what the certificate asks for, in
 * CloudFormation by naming the zone at the certificate: the records are then CloudFormation's to make.
 *
 * @returns proofs by URN of the certificate, and the records that they stand for
 */
export function proofsOfCertificates(graph: Graph, references: References) {
  const records = new Set<GraphResource>();
  const proofs = new Map<string, Proof[]>();
  for (const validation of graph.resources.filter(({ type }) => type === VALIDATION)) {
    const proven = references.of(validation, "validationRecordFqdns");
    for (const record of proven) records.add(record);
    for (const certificate of references.of(validation, "certificateArn")) {
      if (certificate.type !== CERTIFICATE) continue;
      const { domainName, subjectAlternativeNames } = certificate.inputs;
      const domains = [domainName, ...((subjectAlternativeNames as Json[]) ?? [])].filter(
        (each) => typeof each === "string",
      );
      proofs.set(
        certificate.urn,
        domains.flatMap((domain) => {
          const record =
            proven.find(({ inputs }) => String(inputs.name).endsWith(domain.replace(/^\*\./, ""))) ??
            proven[0];
          return record ? [{ domain, record, zoneId: record.inputs.zoneId! }] : [];
        }),
      );
    }
  }
  return { proofs, records };
}
