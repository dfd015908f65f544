import { makeAzureFiles } from "../azure-files.ts";
import { makeAzurePlace } from "../azure-place.ts";
import type { AzureSiteConfig } from "./config.ts";

/** A web site of files on Azure. The private link waits until it is approved at the storage account, once. */
export async function program(config: AzureSiteConfig) {
  const tags = { "roost-stage": config.stage };
  const place = makeAzurePlace(config.alarms, { location: config.location, tags });
  const { store, frontDoor } = makeAzureFiles(
    "site",
    { ...config, tags, defaultRootObject: "index.html" },
    place,
  );
  return {
    url: `https://${config.domain}`,
    accountName: store.accountName,
    containerName: "files",
    frontDoorHost: frontDoor.hostName,
  };
}
