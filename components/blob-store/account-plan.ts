// What decides who reaches an account and how long blobs live, as data.

import type { ManagementPolicyArgs } from "@pulumi/azure-native/storage/managementPolicy.js";
import type { StorageAccountArgs } from "@pulumi/azure-native/storage/storageAccount.js";
import type { AzureAlarmSpec } from "../azure-alarms.ts";
import type { BlobAllowArgs, BlobKeyArgs, BlobLifecycleArgs, BlobStoreArgs } from "./args.ts";

type Encryption = Pick<StorageAccountArgs, "encryption" | "identity">;
type Access = Pick<
  StorageAccountArgs,
  "publicNetworkAccess" | "networkRuleSet" | "allowBlobPublicAccess" | "allowSharedKeyAccess"
>;

/** Nobody by network unless allowed, and nobody by key; by anonymous request only what is published. */
export function planAccess({ allow, containers = {} }: Pick<BlobStoreArgs, "allow" | "containers">): Access {
  return {
    publicNetworkAccess: allow ? "Enabled" : "Disabled",
    networkRuleSet: { defaultAction: "Deny", bypass: "AzureServices", ...planRules(allow) },
    allowBlobPublicAccess: Object.values(containers).some(({ published }) => published),
    allowSharedKeyAccess: false,
  };
}

function planRules({ ipRanges = [], subnetIds = [] }: BlobAllowArgs = {}) {
  return {
    ipRules: [...ipRanges].sort().map((iPAddressOrRange) => ({ iPAddressOrRange, action: "Allow" as const })),
    virtualNetworkRules: subnetIds.map((virtualNetworkResourceId) => ({
      virtualNetworkResourceId,
      action: "Allow" as const,
    })),
  };
}

/** Each blob is encrypted twice, by two algorithms and keys; the outer key may be yours. */
export function planEncryption(key?: BlobKeyArgs): Encryption {
  const services = {
    blob: { enabled: true, keyType: "Account" },
    file: { enabled: true, keyType: "Account" },
  };
  const encryption = { requireInfrastructureEncryption: true, services };
  if (!key) return { encryption: { ...encryption, keySource: "Microsoft.Storage" } };
  return {
    identity: { type: "UserAssigned", userAssignedIdentities: [key.identityId] },
    encryption: {
      ...encryption,
      keySource: "Microsoft.Keyvault",
      keyVaultProperties: { keyVaultUri: key.vaultUri, keyName: key.keyName },
      encryptionIdentity: { encryptionUserAssignedIdentity: key.identityId },
    },
  };
}

/** Earlier versions end; blobs move and end by the rules, which are in the order of their names. */
export function planLifecycle(
  rules: Record<string, BlobLifecycleArgs> = {},
  versionDays = 90,
): ManagementPolicyArgs["policy"] {
  const own = Object.entries(rules)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { prefix, coolAfterDays, coldAfterDays, deleteAfterDays }]) => ({
      name,
      type: "Lifecycle",
      enabled: true,
      definition: {
        filters: { blobTypes: ["blockBlob"], ...(prefix !== undefined && { prefixMatch: [prefix] }) },
        actions: {
          baseBlob: {
            ...(coolAfterDays !== undefined && { tierToCool: after(coolAfterDays) }),
            ...(coldAfterDays !== undefined && { tierToCold: after(coldAfterDays) }),
            ...(deleteAfterDays !== undefined && { delete: after(deleteAfterDays) }),
          },
        },
      },
    }));
  const ended = { delete: { daysAfterCreationGreaterThan: versionDays } };
  return {
    rules: [
      {
        name: "endOfVersions",
        type: "Lifecycle",
        enabled: true,
        definition: {
          filters: { blobTypes: ["blockBlob"] },
          actions: { version: ended, snapshot: ended },
        },
      },
      ...own,
    ],
  };
}

function after(days: number) {
  return { daysAfterModificationGreaterThan: days };
}

export function planBlobAlarms(name: string): AzureAlarmSpec[] {
  const namespace = "Microsoft.Storage/storageAccounts";
  return [
    {
      key: "availability",
      description: `More than 1 of 100 requests to ${name} fails by the service's own fault. Look at Azure's status, then at the account's log.`,
      namespace,
      metric: "Availability",
      aggregation: "Average",
      operator: "LessThan",
      threshold: 99,
      windowMinutes: 5,
    },
    {
      key: "slow",
      description: `Requests to ${name} take more than a second on average. Look at the sizes and the number of requests in its log.`,
      namespace,
      metric: "SuccessE2ELatency",
      aggregation: "Average",
      operator: "GreaterThan",
      threshold: 1000,
      windowMinutes: 15,
    },
  ];
}
