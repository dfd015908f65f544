import { describe, expect, it } from "@jest/globals";
import { planAccess, planEncryption, planLifecycle } from "../../../components/blob-store/account-plan.ts";
import { BLOB_STORE_ROLES } from "../../../components/blob-store/check.ts";
import { AlarmChoice, assignRoles, BlobStore, type BlobStoreArgs } from "../../../components/index.ts";
import { roleDefinitionId } from "../../../components/role-grants.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";

const ACCOUNT = "azure-native:storage:StorageAccount";
const ENDPOINT = "azure-native:network:PrivateEndpoint";

const basic: BlobStoreArgs = {
  resourceGroupName: "modules",
  location: "westeurope",
  accountName: "acmemodules",
  logWorkspaceId: "workspace-1",
  alarms: { choice: AlarmChoice.none },
};

const everything: Partial<BlobStoreArgs> = {
  containers: { files: { published: true }, uploads: {} },
  privateEndpoints: { main: { subnetId: "subnet-1", dnsZoneId: "zone-1" } },
  lifecycle: { drafts: { prefix: "uploads/drafts", coolAfterDays: 7, deleteAfterDays: 30 } },
  alarms: { choice: AlarmChoice.notify, actionGroupIds: ["group-1"] },
};

function store(args: Partial<BlobStoreArgs> = {}): Promise<Graph> {
  return record(() => {
    const { accountId, hostName } = new BlobStore("modules", { ...basic, ...args });
    return { accountId, hostName };
  });
}

describe("BlobStore", () => {
  it("makes exactly what a store needs", async () => {
    const graph = await store();
    expect(children(graph, "modules")).toEqual([
      "azure-native:monitor:DiagnosticSetting modules-diagnostics",
      "azure-native:storage:BlobServiceProperties modules-service",
      "azure-native:storage:ManagementPolicy modules-lifecycle",
      "azure-native:storage:StorageAccount modules-account",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      accountId: "modules-account.id",
      hostName: "acmemodules.blob.core.windows.net",
    });
  });

  it("is closed, encrypted twice and recoverable unless told otherwise", async () => {
    const graph = await store();
    const account = find(graph, ACCOUNT);
    expect(account.inputs).toMatchObject({
      publicNetworkAccess: "Disabled",
      networkRuleSet: { defaultAction: "Deny", ipRules: [], virtualNetworkRules: [] },
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      allowCrossTenantReplication: false,
      minimumTlsVersion: "TLS1_2",
      enableHttpsTrafficOnly: true,
      isLocalUserEnabled: false,
      isSftpEnabled: false,
      encryption: { keySource: "Microsoft.Storage", requireInfrastructureEncryption: true },
      sku: { name: "Standard_ZRS" },
    });
    expect(account.options.protect).toBe(true);
    expect(find(graph, "azure-native:storage:BlobServiceProperties").inputs).toMatchObject({
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 30 },
      containerDeleteRetentionPolicy: { enabled: true, days: 30 },
    });
    expect(find(graph, "azure-native:monitor:DiagnosticSetting").inputs).toMatchObject({
      resourceUri: "modules-account.id/blobServices/default",
      workspaceId: "workspace-1",
    });
  });

  it("publishes only the containers that say so", async () => {
    const graph = await store(everything);
    const container = (name: string) =>
      find(graph, "azure-native:storage:BlobContainer", `modules-container-${name}`).inputs;
    expect(container("files")).toMatchObject({ publicAccess: "Blob" });
    expect(container("uploads")).toMatchObject({ publicAccess: "None" });
    expect(find(graph, ACCOUNT).inputs).toMatchObject({ publicNetworkAccess: "Disabled" });
  });

  it("has an address in a network, found by its name", async () => {
    const graph = await store(everything);
    expect(find(graph, ENDPOINT).inputs).toMatchObject({
      subnet: { id: "subnet-1" },
      privateLinkServiceConnections: [{ groupIds: ["blob"], privateLinkServiceId: "modules-account.id" }],
    });
    expect(find(graph, "azure-native:network:PrivateDnsZoneGroup").inputs).toMatchObject({
      privateDnsZoneConfigs: [{ privateDnsZoneId: "zone-1" }],
    });
  });

  it("opens to named networks only", () => {
    expect(planAccess({ allow: { ipRanges: ["203.0.113.0/24"], subnetIds: ["subnet-1"] } })).toEqual({
      publicNetworkAccess: "Enabled",
      networkRuleSet: {
        defaultAction: "Deny",
        bypass: "AzureServices",
        ipRules: [{ iPAddressOrRange: "203.0.113.0/24", action: "Allow" }],
        virtualNetworkRules: [{ virtualNetworkResourceId: "subnet-1", action: "Allow" }],
      },
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
    });
  });

  it("uses a key of one's own with the identity that may", () => {
    const key = { vaultUri: "https://keys.vault.azure.net", keyName: "blobs", identityId: "identity-1" };
    expect(planEncryption(key)).toMatchObject({
      identity: { type: "UserAssigned", userAssignedIdentities: ["identity-1"] },
      encryption: { keySource: "Microsoft.Keyvault", keyVaultProperties: { keyName: "blobs" } },
    });
  });

  it("orders rules by name and ends earlier versions first", () => {
    const rules = { b: { deleteAfterDays: 9 }, a: { coolAfterDays: 1, coldAfterDays: 5 } };
    const { rules: planned } = planLifecycle(rules, 10) as { rules: { name: string }[] };
    expect(planned.map(({ name }) => name)).toEqual(["endOfVersions", "a", "b"]);
    expect(planned[0]).toMatchObject({
      definition: { actions: { version: { delete: { daysAfterCreationGreaterThan: 10 } } } },
    });
  });

  it("grants one built-in role on this account, which the holder assigns", async () => {
    const graph = await record(() => {
      const made = new BlobStore("modules", basic);
      assignRoles("api", "principal-1", [made.grantRead, made.grantWrite]);
    });
    const assigned = graph.resources.filter(
      ({ type }) => type === "azure-native:authorization:RoleAssignment",
    );
    expect(assigned.map(({ name, inputs }) => [name, inputs.roleDefinitionId, inputs.scope])).toEqual([
      [
        "api-modules-read",
        "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        "modules-account.id",
      ],
      [
        "api-modules-write",
        "/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "modules-account.id",
      ],
    ]);
    const scope =
      "/subscriptions/one/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acmemodules";
    expect(roleDefinitionId(scope, "role")).toBe(
      "/subscriptions/one/providers/Microsoft.Authorization/roleDefinitions/role",
    );
  });

  it("takes a reorder of containers and rules for no change", async () => {
    const more = { ...everything, lifecycle: { b: { deleteAfterDays: 9 }, a: { coolAfterDays: 1 } } };
    const again = {
      ...more,
      containers: Object.fromEntries(Object.entries(more.containers ?? {}).reverse()),
      lifecycle: Object.fromEntries(Object.entries(more.lifecycle).reverse()),
    };
    expect(await store(again)).toEqual(await store(more));
  });

  it("lays overrides over each role, and knows each role", async () => {
    const mark = { resourceGroupName: "marked", workspaceId: "marked" };
    const overrides = Object.fromEntries(BLOB_STORE_ROLES.map((role) => [role, mark]));
    const graph = await store({ ...everything, overrides });
    const marked = graph.resources.filter(({ inputs }) => JSON.stringify(inputs).includes('"marked"'));
    expect(new Set(marked.map(({ type }) => type)).size).toBe(BLOB_STORE_ROLES.length);
  });

  it.each<[string, Partial<BlobStoreArgs>, RegExp[]]>([
    [
      "a name that Azure refuses",
      { accountName: "Acme-Modules" },
      [/accountName is "Acme-Modules"; allowed: 3 to 24/],
    ],
    ["a container's bad name", { containers: { "a--b": {} } }, [/containers\.a--b is "a--b"/]],
    [
      "publishing to allowed networks",
      { containers: { files: { published: true } }, allow: { ipRanges: ["203.0.113.7"] } },
      [/containers\.files\.published is true; allowed: false when allow is given/],
    ],
    [
      "the internet",
      { allow: { ipRanges: ["0.0.0.0/0"] } },
      [/allow\.ipRanges\[0\] is "0\.0\.0\.0\/0"; allowed: a public/],
    ],
    [
      "a private range",
      { allow: { ipRanges: ["10.0.0.0/16"] } },
      [/allow\.ipRanges\[0\] is "10\.0\.0\.0\/16"/],
    ],
    ["nobody allowed", { allow: {} }, [/allow is {}; allowed: at least one of ipRanges/]],
    [
      "a redundancy that is none",
      { redundancy: "LRS" as never },
      [/redundancy is "LRS"; allowed: one of Standard_LRS/],
    ],
    [
      "no time to recover",
      { softDeleteDays: 1 },
      [/softDeleteDays is 1; allowed: a whole number from 7 to 365 days/],
    ],
    [
      "steps in the wrong order",
      { lifecycle: { old: { coolAfterDays: 30, deleteAfterDays: 7 } } },
      [/lifecycle\.old\.deleteAfterDays is 7; allowed: more than coolAfterDays/],
    ],
    [
      "a rule without an effect",
      { lifecycle: { old: {} } },
      [/lifecycle\.old is {}; allowed: at least one of/],
    ],
    ["no log", { logWorkspaceId: undefined }, [/logWorkspaceId is missing/]],
    [
      "alarms to nobody",
      { alarms: { choice: "notify" } },
      [/alarms\.actionGroupIds is \[\]; allowed: at least one/],
    ],
    [
      "an unknown role",
      { overrides: { bucket: {} } },
      [/overrides\.bucket is "bucket"; allowed: a child role: account/],
    ],
  ])("refuses %s, by field, value and what is allowed", async (_, args, faults) => {
    const made = store(args);
    for (const fault of faults) await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^BlobStore "modules": /);
  });

  it("makes the recorded production store", async () => {
    const program = () => {
      new BlobStore("modules", { ...basic, ...everything });
    };
    const graph = await record(program, { project: "golden", stack: "production" });
    expectGolden(graph, "test/components/blob-store/fixtures/production.json");
  });
});
