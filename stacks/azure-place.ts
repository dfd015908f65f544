import { ActionGroup } from "@pulumi/azure-native/monitor/actionGroup.js";
import { Workspace } from "@pulumi/azure-native/operationalinsights/workspace.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import type { Output } from "@pulumi/pulumi";
import { AlarmChoice, type AzureAlarmArgs, type FrontDoorDomainArgs } from "../components/index.ts";
import type { Alarms } from "./fields.ts";

/** What every stack on Azure stands on. */
export interface AzurePlace {
  resourceGroupName: Output<string>;
  /** Log Analytics workspace. */
  logWorkspaceId: Output<string>;
  alarms: AzureAlarmArgs;
}

/** A resource group, a workspace that keeps logs for a year, and an action group that tells the addresses of trouble. */
export function makeAzurePlace(
  alarms: Alarms,
  { location, tags }: { location: string; tags: Record<string, string> },
): AzurePlace {
  const { name: resourceGroupName } = new ResourceGroup("group", { location, tags });
  const { id: logWorkspaceId } = new Workspace("logs", {
    resourceGroupName,
    location,
    sku: { name: "PerGB2018" },
    retentionInDays: 365,
    // Who reads logs needs a right to the resource that wrote them, and no shared key writes any.
    features: { enableLogAccessUsingOnlyResourcePermissions: true, disableLocalAuth: true },
    tags,
  });
  return { resourceGroupName, logWorkspaceId, alarms: tell() };

  function tell(): AzureAlarmArgs {
    if (alarms === "none") return { choice: AlarmChoice.none };
    const group = new ActionGroup("alarms", {
      resourceGroupName,
      location: "global",
      groupShortName: "alarms",
      enabled: true,
      emailReceivers: alarms.map((emailAddress) => ({
        name: emailAddress,
        emailAddress,
        useCommonAlertSchema: true,
      })),
      tags,
    });
    return { choice: AlarmChoice.notify, actionGroupIds: [group.id] };
  }
}

/** Domain arguments of a front door, from the resource id of the domain's zone. */
export function azureDomain(domain: string, zoneId: string): Record<string, FrontDoorDomainArgs> {
  const [, resourceGroupName = "", zoneName = ""] =
    /\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/.exec(zoneId) ?? [];
  return { [domain]: { zone: { id: zoneId, resourceGroupName, zoneName } } };
}
