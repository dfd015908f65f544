import { z } from "zod";
import {
  accountId,
  alarms,
  domain,
  hostedZoneId,
  image,
  stage,
  structured,
  wholeNumber,
  zones,
} from "../fields.ts";
import { keycloakFields, secretArn } from "../keycloak/config.ts";

const { realm: _realm, clientSecretArns: _clients, ...identity } = keycloakFields;

export const platformConfig = z.strictObject({
  stage,
  accountId,
  zones,
  domain,
  zoneId: hostedZoneId,
  alarms,
  image: image.describe(
    "Image of Roost by digest, for ARM: its entry point is the roost command, and it holds the database's authority.",
  ),
  masterKeySecretArn: secretArn.describe("ARN of the secret with the master key, 32 bytes in base64."),
  adminTokenSecretArn: secretArn.describe(
    "ARN of the secret with the first admin token, 32 characters or more.",
  ),
  signInSecretArn: secretArn
    .optional()
    .describe(
      "ARN of the secret that Roost signs its users in at Keycloak with, 32 characters or more. Default: tokens only.",
    ),
  apiTasks: wholeNumber(1, 100)
    .optional()
    .describe("Tasks of the API at least. Default: 2 in production, 1 in dev."),
  workers: wholeNumber(1, 100)
    .optional()
    .describe("Tasks that run deployments. Default: 2 in production, 1 in dev."),
  metrics: structured(
    z.strictObject(
      { collectorImage: image, tokenSecretArn: secretArn },
      "must be collectorImage and tokenSecretArn",
    ),
  )
    .optional()
    .describe(
      "Gathers Roost's own metrics into a managed Prometheus with alerts: image of an OpenTelemetry collector by digest, and ARN of the secret with a token of Roost that may read metrics. Default: AWS's metrics only.",
    ),
  ...identity,
});

export type PlatformConfig = z.infer<typeof platformConfig>;
