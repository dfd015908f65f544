import { z } from "zod";
import {
  accountId,
  alarms,
  azureDnsZoneId,
  azureRegion,
  domain,
  hostedZoneId,
  region,
  stage,
  storageAccountName,
  structured,
  text,
} from "../fields.ts";

const shell = text(/^(\*|https:\/\/[a-z0-9.-]+(:\d+)?)$/, "https://name without a path, or *");

const onAws = z.strictObject({ accountId, region, domain, zoneId: hostedZoneId });

const onAzure = z.strictObject({
  location: azureRegion,
  accountName: storageAccountName,
  domain,
  dnsZoneId: azureDnsZoneId,
  publisherPrincipalId: z
    .guid("must be the object id of an identity")
    .optional()
    .describe("Object id of the identity that uploads modules. Default: nobody is given the right."),
});

export const moduleHostingConfig = z
  .strictObject({
    stage,
    alarms,
    shells: structured(z.array(shell, "must be a list of origins").min(1)).describe(
      "Origins of the shells that load the modules, such as https://app.example.com, or * for every one.",
    ),
    aws: structured(onAws)
      .optional()
      .describe("On S3 and CloudFront: accountId, region, domain, zoneId. Default: not there."),
    azure: structured(onAzure)
      .optional()
      .describe(
        "On Azure Blob and Front Door: location, accountName, domain, dnsZoneId, publisherPrincipalId. Default: not there.",
      ),
  })
  .refine(({ aws, azure }) => aws !== undefined || azure !== undefined, {
    path: ["aws"],
    error: "must be given, or azure, or both",
    when: () => true,
  })
  .refine(({ azure, shells }) => azure === undefined || !Array.isArray(shells) || shells.length <= 1, {
    path: ["shells"],
    error: "must be one origin or * with azure: its Front Door sends the same header to every shell",
    when: () => true,
  });

export type ModuleHostingConfig = z.infer<typeof moduleHostingConfig>;
