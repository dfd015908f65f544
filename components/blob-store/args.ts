import type { Input } from "@pulumi/pulumi";
import type { AzureAlarmArgs } from "../azure-alarms.ts";
import type { Overrides } from "../overrides.ts";

/** How many copies there are, and where. */
export const BlobRedundancy = {
  /** Three in one building. */
  local: "Standard_LRS",
  /** One in each of three zones. */
  zones: "Standard_ZRS",
  /** Three zones, and another region some minutes later. */
  zonesAndRegion: "Standard_GZRS",
  /** The same, and the other region is readable. */
  zonesAndReadableRegion: "Standard_RAGZRS",
} as const;
export type BlobRedundancy = (typeof BlobRedundancy)[keyof typeof BlobRedundancy];

/** A container of blobs. */
export interface BlobContainerArgs {
  /**
   * Whoever reaches the account reads single blobs without proof of who they are; listing is not possible. For
   * files that a Front Door publishes through Private Link; only without `allow`. Default false.
   */
  published?: boolean;
}

/** Who reaches the account from outside its private endpoints. */
export interface BlobAllowArgs {
  /** Public IPv4 addresses and ranges. */
  ipRanges?: string[];
  /** Subnets with the service endpoint Microsoft.Storage. */
  subnetIds?: Input<string>[];
}

/** An address of the account in a virtual network. */
export interface BlobEndpointArgs {
  /** Subnet that it has its address in. */
  subnetId: Input<string>;
  /** Private DNS zone privatelink.blob.core.windows.net, linked to the network. Default: you make the record. */
  dnsZoneId?: Input<string>;
}

/** What happens to blobs with age. At least one of the days is given. */
export interface BlobLifecycleArgs {
  /** Blobs whose container and name begin so, such as `logs/2024`. Default: every blob. */
  prefix?: string;
  /** Days since the last change until they move to the cool tier. Default never. */
  coolAfterDays?: number;
  /** Days until they move to the cold tier. Default never. */
  coldAfterDays?: number;
  /** Days until they are deleted; they stay recoverable for `softDeleteDays`. Default never. */
  deleteAfterDays?: number;
}

/** A key of your own in a Key Vault. */
export interface BlobKeyArgs {
  /** Address of the vault, such as `https://keys.vault.azure.net`. */
  vaultUri: Input<string>;
  /** Name of the key; its newest version is used. */
  keyName: Input<string>;
  /** User-assigned identity that may wrap and unwrap with the key. */
  identityId: Input<string>;
}

export interface BlobStoreArgs {
  /** Resource group that it belongs to. */
  resourceGroupName: Input<string>;
  /** Region, such as westeurope. */
  location: Input<string>;
  /** Name of the account, unique in the world: 3 to 24 small letters and digits. A change replaces it. */
  accountName: string;
  /** Containers by name. Default none. */
  containers?: Record<string, BlobContainerArgs>;
  /** Default `BlobRedundancy.zones`. */
  redundancy?: BlobRedundancy;
  /** Addresses in virtual networks, by a name of your choice. Default none. */
  privateEndpoints?: Record<string, BlobEndpointArgs>;
  /** Default: nobody reaches the account but private endpoints. */
  allow?: BlobAllowArgs;
  /** Days that deleted blobs and containers can be brought back, 7 to 365. Default 30. */
  softDeleteDays?: number;
  /** Days that earlier versions are kept, 1 to 36500. Default 90. */
  versionDays?: number;
  /** Further rules by a name of your choice. */
  lifecycle?: Record<string, BlobLifecycleArgs>;
  /** Default: keys of the service itself. Both ways encrypt twice. */
  key?: BlobKeyArgs;
  /** Log Analytics workspace that takes the record of each request. */
  logWorkspaceId: Input<string>;
  /** Pulumi refuses to delete the account. Switch off and deploy before a destroy. Default true. */
  deletionProtection?: boolean;
  alarms: AzureAlarmArgs;
  /** On every resource that has them. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
