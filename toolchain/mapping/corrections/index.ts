// What the names of both schemas do not tell by themselves. Each name here is checked against both schemas when
// the mapping is made, so a wrong one stops it; what is said here of meaning is from the documentation of both.

import type { TypeCorrection } from "../match.ts";
import { containers } from "./containers.ts";
import { delivery } from "./delivery.ts";
import { identity } from "./identity.ts";
import { loadBalancing } from "./load-balancing.ts";
import { monitoring } from "./monitoring.ts";
import { network } from "./network.ts";
import { servers } from "./servers.ts";
import { storage } from "./storage.ts";

export const CORRECTIONS: Record<string, TypeCorrection> = {
  ...containers,
  ...delivery,
  ...identity,
  ...loadBalancing,
  ...monitoring,
  ...network,
  ...servers,
  ...storage,
};

/** Pulumi's module → CloudFormation's service, where the two differ for types of the same name. */
export const SERVICES: Record<string, string> = {
  acm: "CertificateManager",
  acmpca: "ACMPCA",
  cfg: "Config",
  lb: "ElasticLoadBalancingV2",
  mq: "AmazonMQ",
  opensearch: "OpenSearchService",
  sfn: "StepFunctions",
  vpc: "EC2",
};
