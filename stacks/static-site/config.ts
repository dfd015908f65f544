import { z } from "zod";
import { SiteMode } from "../../components/static-site/args.ts";
import { accountId, alarms, domain, hostedZoneId, region, stage } from "../fields.ts";

export const staticSiteConfig = z.strictObject({
  stage,
  accountId,
  region,
  domain,
  zoneId: hostedZoneId,
  alarms,
  mode: z
    .enum(SiteMode, 'must be "pages" or "application"')
    .default(SiteMode.pages)
    .describe("Folders that show their index document, or a single-page application."),
});

export type StaticSiteConfig = z.infer<typeof staticSiteConfig>;
