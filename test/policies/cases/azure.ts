import { given, type Table, when } from "../../../policies/testing/index.ts";

const account = (inputs: Record<string, unknown> = {}, type = "azure-native:storage:StorageAccount") =>
  given(type, "account", {
    accountName: "shop",
    minimumTlsVersion: "TLS1_2",
    enableHttpsTrafficOnly: true,
    allowSharedKeyAccess: false,
    networkRuleSet: { defaultAction: "Deny" },
    ...inputs,
  });
const kept = { enabled: true, days: 30 };
const service = (inputs: Record<string, unknown> = {}) =>
  given(
    "azure-native:storage:BlobServiceProperties",
    "service",
    {
      accountName: "x",
      deleteRetentionPolicy: kept,
      containerDeleteRetentionPolicy: kept,
      isVersioningEnabled: true,
      ...inputs,
    },
    { from: { accountName: "account" } },
  );
const profile = (name = "Premium_AzureFrontDoor", type = "azure-native:cdn:Profile") =>
  given(type, "profile", { sku: { name } });
const security = given(
  "azure-native:cdn:SecurityPolicy",
  "security",
  { profileName: "x" },
  { from: { profileName: "profile" } },
);
const firewall = (policySettings: Record<string, unknown>) =>
  given("azure-native:network:Policy", "waf", { policySettings });
const route = (inputs: Record<string, unknown> = {}) =>
  given("azure-native:cdn:Route", "route", {
    httpsRedirect: "Enabled",
    forwardingProtocol: "HttpsOnly",
    supportedProtocols: ["Http", "Https"],
    ...inputs,
  });
const domain = (minimumTlsVersion: string) =>
  given("azure-native:cdn:AFDCustomDomain", "domain", { tlsSettings: { minimumTlsVersion } });

export const azure: Record<string, Table> = {
  "azure-storage": {
    good: [
      when("all set", [account()]),
      when("no public network", [
        account({ networkRuleSet: undefined, publicNetworkAccess: "Disabled", allowBlobPublicAccess: true }),
      ]),
      when("HTTPS by default", [account({ enableHttpsTrafficOnly: undefined })]),
    ],
    bad: [
      when("TLS 1.0", [account({ minimumTlsVersion: "TLS1_0" })], { says: "TLS1_0" }),
      when("TLS not said", [account({ minimumTlsVersion: undefined })], { says: "TLS1_0" }),
      when(
        "TLS 1.1, of one API version",
        [account({ minimumTlsVersion: "TLS1_1" }, "azure-native:storage/v20240101:StorageAccount")],
        { says: "TLS1_1" },
      ),
      when("plain HTTP", [account({ enableHttpsTrafficOnly: false })], { says: "plain HTTP" }),
      when("keys", [account({ allowSharedKeyAccess: true })], { says: "shared key" }),
      when("keys not said", [account({ allowSharedKeyAccess: undefined })], { says: "shared key" }),
      when("open", [account({ networkRuleSet: { defaultAction: "Allow" } })], { says: "every network" }),
      when("open by default", [account({ networkRuleSet: undefined })], { says: "every network" }),
      when("public containers", [account({ allowBlobPublicAccess: true })], { says: "containers be public" }),
    ],
  },
  "azure-soft-delete": {
    good: [when("all set", [account(), service()]), when("files", [account({ kind: "FileStorage" })])],
    bad: [
      when("nothing", [account()], { says: "deleted blobs" }),
      when("blobs", [account(), service({ deleteRetentionPolicy: { enabled: false } })], {
        says: "deleted blobs",
      }),
      when(
        "for a day",
        [account(), service({ containerDeleteRetentionPolicy: { enabled: true, days: 1 } })],
        { says: "deleted containers" },
      ),
      when("versions", [account(), service({ isVersioningEnabled: false })], { says: "no versions" }),
    ],
  },
  "azure-front-door": {
    good: [
      when(
        "all set",
        [
          profile(),
          security,
          firewall({ mode: "Prevention", enabledState: "Enabled" }),
          route(),
          domain("TLS12"),
        ],
        { stack: "production" },
      ),
      when("Standard in dev", [profile("Standard_AzureFrontDoor"), security]),
      when("another CDN", [profile("Standard_Microsoft")]),
      when("HTTPS only", [route({ httpsRedirect: "Disabled", supportedProtocols: ["Https"] })]),
    ],
    bad: [
      when("no firewall", [profile()], { says: "no firewall" }),
      when("no firewall, of one API version", [profile(undefined, "azure-native:cdn/v20240201:Profile")], {
        says: "no firewall",
      }),
      when("Standard", [profile("Standard_AzureFrontDoor"), security], {
        says: "Standard_AzureFrontDoor",
        stack: "production",
      }),
      when("watches", [firewall({ mode: "Detection" })], { says: "only watches" }),
      when("off", [firewall({ mode: "Prevention", enabledState: "Disabled" })], { says: "turned off" }),
      when("plain HTTP", [route({ httpsRedirect: "Disabled" })], { says: "answers plain HTTP" }),
      when("plain HTTP behind", [route({ forwardingProtocol: "MatchRequest" })], {
        says: "reach its origin",
      }),
      when("TLS 1.0", [domain("TLS10")], { says: "TLS10" }),
    ],
  },
};
