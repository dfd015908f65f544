import { z } from "zod";
import { alarms, azureDnsZoneId, azureRegion, domain, stage, storageAccountName } from "../fields.ts";

export const azureSiteConfig = z.strictObject({
  stage,
  location: azureRegion,
  accountName: storageAccountName,
  domain,
  dnsZoneId: azureDnsZoneId,
  alarms,
});

export type AzureSiteConfig = z.infer<typeof azureSiteConfig>;
