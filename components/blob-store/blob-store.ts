import { DiagnosticSetting } from "@pulumi/azure-native/monitor/diagnosticSetting.js";
import { PrivateDnsZoneGroup } from "@pulumi/azure-native/network/privateDnsZoneGroup.js";
import { PrivateEndpoint } from "@pulumi/azure-native/network/privateEndpoint.js";
import { BlobContainer } from "@pulumi/azure-native/storage/blobContainer.js";
import { BlobServiceProperties } from "@pulumi/azure-native/storage/blobServiceProperties.js";
import { ManagementPolicy } from "@pulumi/azure-native/storage/managementPolicy.js";
import { StorageAccount } from "@pulumi/azure-native/storage/storageAccount.js";
import { ComponentResource, type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import { makeAzureAlarms } from "../azure-alarms.ts";
import { refuse } from "../faults.ts";
import { override } from "../overrides.ts";
import type { RoleGrant } from "../role-grants.ts";
import { planAccess, planBlobAlarms, planEncryption, planLifecycle } from "./account-plan.ts";
import { type BlobEndpointArgs, BlobRedundancy, type BlobStoreArgs } from "./args.ts";
import { checkBlobStore } from "./check.ts";

/** Storage Blob Data Reader and Storage Blob Data Contributor. */
const READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
const CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";

/** Names of the components, which grants are named after. A field would be published to other languages. */
const names = new WeakMap<BlobStore, string>();

/**
 * An Azure storage account for blobs that nobody reaches but by private endpoints, and nobody opens but by an
 * Entra identity: no shared keys, TLS 1.2 or newer, encrypted twice, earlier versions kept for 90 days, deleted
 * blobs for 30, each request on record.
 *
 * ```ts
 * const modules = new BlobStore("modules", {
 *   resourceGroupName: group.name,
 *   location: "westeurope",
 *   accountName: "acmemodules",
 *   containers: { files: { published: true } },
 *   logWorkspaceId: workspace.id,
 *   alarms: { choice: AlarmChoice.notify, actionGroupIds: [onCall.id] },
 * });
 * ```
 *
 * A month: about 0.023 USD a GB over zones, 0.06 for 10,000 writes; a private endpoint about 8 USD; logs about 2.80
 * USD a GB.
 */
export class BlobStore extends ComponentResource {
  /** Resource id of the account. */
  readonly accountId: Output<string>;
  readonly accountName: Output<string>;
  /** Host name of its blobs, such as `acmemodules.blob.core.windows.net`. */
  readonly hostName: Output<string>;
  /** Region; a Front Door needs it for its private link. */
  readonly location: Output<string>;

  constructor(name: string, args: BlobStoreArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:BlobStore", name, {}, opts);
    names.set(this, name);
    refuse("BlobStore", name, checkBlobStore(args));

    const { overrides, tags, resourceGroupName, location } = args;
    const parent = this;
    const protect = args.deletionProtection ?? true;
    const account = makeAccount();
    const service = makeBlobService();
    for (const container of Object.keys(args.containers ?? {})) makeContainer(container);
    makeLifecycle();
    for (const [key, endpoint] of Object.entries(args.privateEndpoints ?? {})) makeEndpoint(key, endpoint);
    makeDiagnostics();
    makeAzureAlarms(args.alarms, planBlobAlarms(name), {
      name,
      parent,
      resourceGroupName,
      resourceId: account.id,
      tags,
      overrides,
    });

    this.accountId = account.id;
    this.accountName = account.name;
    this.hostName = account.primaryEndpoints.apply(({ blob }) => hostOf(blob));
    this.location = account.location;
    this.registerOutputs({
      accountId: this.accountId,
      accountName: this.accountName,
      hostName: this.hostName,
      location: this.location,
    });

    function makeAccount(): StorageAccount {
      return new StorageAccount(
        `${name}-account`,
        override(overrides, "account", {
          resourceGroupName,
          location,
          accountName: args.accountName,
          kind: "StorageV2",
          sku: { name: args.redundancy ?? BlobRedundancy.zones },
          accessTier: "Hot" as const,
          minimumTlsVersion: "TLS1_2",
          enableHttpsTrafficOnly: true,
          allowCrossTenantReplication: false,
          defaultToOAuthAuthentication: true,
          isLocalUserEnabled: false,
          isSftpEnabled: false,
          ...planAccess(args),
          ...planEncryption(args.key),
          tags,
        }),
        { parent, protect },
      );
    }

    function makeBlobService(): BlobServiceProperties {
      const retention = { enabled: true, days: args.softDeleteDays ?? 30 };
      return new BlobServiceProperties(
        `${name}-service`,
        override(overrides, "blobService", {
          resourceGroupName,
          accountName: account.name,
          blobServicesName: "default",
          isVersioningEnabled: true,
          deleteRetentionPolicy: retention,
          containerDeleteRetentionPolicy: retention,
        }),
        { parent },
      );
    }

    function makeContainer(containerName: string): void {
      const published = args.containers?.[containerName]?.published ?? false;
      new BlobContainer(
        `${name}-container-${containerName}`,
        override(overrides, "container", {
          resourceGroupName,
          accountName: account.name,
          containerName,
          publicAccess: published ? ("Blob" as const) : ("None" as const),
        }),
        { parent, protect },
      );
    }

    function makeLifecycle(): void {
      new ManagementPolicy(
        `${name}-lifecycle`,
        override(overrides, "lifecycle", {
          resourceGroupName,
          accountName: account.name,
          managementPolicyName: "default",
          policy: planLifecycle(args.lifecycle, args.versionDays),
        }),
        // Rules for versions are refused before there are versions.
        { parent, dependsOn: [service] },
      );
    }

    function makeEndpoint(key: string, { subnetId, dnsZoneId }: BlobEndpointArgs): void {
      const endpoint = new PrivateEndpoint(
        `${name}-endpoint-${key}`,
        override(overrides, "privateEndpoint", {
          resourceGroupName,
          location,
          subnet: { id: subnetId },
          privateLinkServiceConnections: [
            { name: "blob", groupIds: ["blob"], privateLinkServiceId: account.id },
          ],
          tags,
        }),
        { parent },
      );
      if (dnsZoneId === undefined) return;
      new PrivateDnsZoneGroup(
        `${name}-endpoint-${key}-dns`,
        override(overrides, "dnsZoneGroup", {
          resourceGroupName,
          privateEndpointName: endpoint.name,
          privateDnsZoneGroupName: "default",
          privateDnsZoneConfigs: [{ name: "blob", privateDnsZoneId: dnsZoneId }],
        }),
        { parent },
      );
    }

    function makeDiagnostics(): void {
      new DiagnosticSetting(
        `${name}-diagnostics`,
        override(overrides, "diagnostics", {
          resourceUri: interpolate`${account.id}/blobServices/default`,
          workspaceId: args.logWorkspaceId,
          logs: ["StorageRead", "StorageWrite", "StorageDelete"].map((category) => ({
            category,
            enabled: true,
          })),
          metrics: [{ category: "Transaction", enabled: true }],
        }),
        { parent },
      );
    }
  }

  /** To list containers and read blobs of this account. */
  get grantRead(): RoleGrant {
    return { name: `${names.get(this)}-read`, roleId: READER, scope: this.accountId };
  }

  /** To read, write and delete blobs of this account. What is overwritten or deleted stays for a time. */
  get grantWrite(): RoleGrant {
    return { name: `${names.get(this)}-write`, roleId: CONTRIBUTOR, scope: this.accountId };
  }
}

/** `https://acme.blob.core.windows.net/` → `acme.blob.core.windows.net`. */
function hostOf(url: string): string {
  return url.replace(/^https:\/\//, "").replace(/\/$/, "");
}
