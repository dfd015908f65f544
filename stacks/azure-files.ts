import {
  BlobRedundancy,
  BlobStore,
  FrontDoor,
  type FrontDoorHeaderArgs,
  PrivateLinkPart,
} from "../components/index.ts";
import { type AzurePlace, azureDomain } from "./azure-place.ts";
import type { Stage } from "./fields.ts";

export interface AzureFilesSettings {
  stage: Stage;
  location: string;
  accountName: string;
  domain: string;
  dnsZoneId: string;
  /** What `/` shows. Default: nothing. */
  defaultRootObject?: string;
  headers?: FrontDoorHeaderArgs;
  tags: Record<string, string>;
}

/** Files of a private storage account, published by a Front Door that alone reaches it. */
export function makeAzureFiles(name: string, settings: AzureFilesSettings, place: AzurePlace) {
  const { stage, location, accountName, domain, dnsZoneId, defaultRootObject, headers, tags } = settings;
  const isKept = stage === "production";
  const store = new BlobStore(`${name}-files`, {
    ...place,
    location,
    accountName,
    containers: { files: { published: true } },
    redundancy: isKept ? BlobRedundancy.zonesAndRegion : BlobRedundancy.local,
    deletionProtection: isKept,
    tags,
  });
  const frontDoor = new FrontDoor(`${name}-front`, {
    ...place,
    domains: azureDomain(domain, dnsZoneId),
    origins: {
      files: {
        hostName: store.hostName,
        path: "/files",
        privateLink: { resourceId: store.accountId, location: store.location, part: PrivateLinkPart.blob },
      },
    },
    defaultPath: { origin: "files", cache: true },
    defaultRootObject,
    headers,
    tags,
  });
  return { store, frontDoor };
}
