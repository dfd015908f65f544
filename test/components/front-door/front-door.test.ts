import { describe, expect, it } from "@jest/globals";
import { FRONT_DOOR_ROLES, routeKey } from "../../../components/front-door/check.ts";
import { planRules, responseHeaders } from "../../../components/front-door/rule-plan.ts";
import { planWaf } from "../../../components/front-door/waf-plan.ts";
import {
  AlarmChoice,
  BlobStore,
  FrontDoor,
  type FrontDoorArgs,
  PrivateLinkPart,
} from "../../../components/index.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";

const ORIGIN = "azure-native:cdn:AFDOrigin";
const ROUTE = "azure-native:cdn:Route";
const RECORD = "azure-native:dns:RecordSet";

const zone = { zoneName: "example.com", resourceGroupName: "dns", id: "zone-1" };
const privateLink = { resourceId: "account-1", location: "westeurope", part: PrivateLinkPart.blob };
const files = { hostName: "acme.blob.core.windows.net", path: "/files", privateLink };
const api = { hostName: "api.example.org", checksFrontDoorId: true };

const basic: FrontDoorArgs = {
  resourceGroupName: "site",
  origins: { files },
  defaultPath: { origin: "files", cache: true },
  logWorkspaceId: "workspace-1",
  alarms: { choice: AlarmChoice.none },
};

const everything: Partial<FrontDoorArgs> = {
  domains: { "www.example.com": { zone }, "example.com": { zone } },
  origins: { files: { ...files, failoverTo: "replica" }, replica: files, api },
  paths: { "/api/*": { origin: "api" } },
  defaultRootObject: "index.html",
  alarms: { choice: AlarmChoice.notify, actionGroupIds: ["group-1"] },
};

function front(args: Partial<FrontDoorArgs> = {}): Promise<Graph> {
  return record(() => {
    const { hostName, validationTokens } = new FrontDoor("site", { ...basic, ...args });
    return { hostName, validationTokens };
  });
}

describe("FrontDoor", () => {
  it("makes exactly what one private origin needs", async () => {
    const graph = await front();
    expect(children(graph, "site")).toEqual([
      "azure-native:cdn:AFDEndpoint site-endpoint",
      "azure-native:cdn:AFDOrigin site-group-files-files",
      "azure-native:cdn:AFDOriginGroup site-group-files",
      "azure-native:cdn:Profile site-profile",
      "azure-native:cdn:Route site-default-route",
      "azure-native:cdn:Rule site-rule-headers0",
      "azure-native:cdn:Rule site-rule-headers1",
      "azure-native:cdn:RuleSet site-rules",
      "azure-native:cdn:SecurityPolicy site-security",
      "azure-native:frontdoor:Policy site-firewall",
      "azure-native:monitor:DiagnosticSetting site-diagnostics",
    ]);
    expect(namingFaults(graph)).toEqual([]);
  });

  it("is Premium with a firewall that prevents before anything is reached", async () => {
    const graph = await front(everything);
    expect(find(graph, "azure-native:cdn:Profile").inputs).toMatchObject({
      sku: { name: "Premium_AzureFrontDoor" },
    });
    expect(find(graph, "azure-native:frontdoor:Policy").inputs).toMatchObject({
      sku: { name: "Premium_AzureFrontDoor" },
      policySettings: { enabledState: "Enabled", mode: "Prevention", requestBodyCheck: "Enabled" },
    });
    const { parameters } = find(graph, "azure-native:cdn:SecurityPolicy").inputs as Record<string, never>;
    expect(parameters).toMatchObject({
      wafPolicy: { id: "site-firewall.id" },
      associations: [
        {
          domains: [
            { id: "site-endpoint.id" },
            { id: "site-domain-example.com.id" },
            { id: "site-domain-www.example.com.id" },
          ],
          patternsToMatch: ["/*"],
        },
      ],
    });
    for (const route of graph.resources.filter(({ type }) => type === ROUTE)) {
      expect(route.dependsOn).toContainEqual(expect.stringContaining("site-security"));
      expect(route.inputs).toMatchObject({
        httpsRedirect: "Enabled",
        forwardingProtocol: "HttpsOnly",
        linkToDefaultDomain: "Disabled",
      });
    }
    expect(find(graph, "azure-native:monitor:DiagnosticSetting").inputs).toMatchObject({
      workspaceId: "workspace-1",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
    });
  });

  it("reaches a private origin by its link, and asks another when it fails", async () => {
    const graph = await front(everything);
    expect(find(graph, ORIGIN, "site-group-files-files").inputs).toMatchObject({
      enforceCertificateNameCheck: true,
      priority: 1,
      sharedPrivateLinkResource: {
        groupId: "blob",
        privateLink: { id: "account-1" },
        privateLinkLocation: "westeurope",
      },
    });
    expect(find(graph, ORIGIN, "site-group-files-replica").inputs).toMatchObject({ priority: 2 });
    const group = (name: string) => find(graph, "azure-native:cdn:AFDOriginGroup", name).inputs;
    expect(group("site-group-files")).toMatchObject({ healthProbeSettings: { probeProtocol: "Https" } });
    expect(group("site-group-replica")).not.toHaveProperty("healthProbeSettings");
    expect(find(graph, ORIGIN, "site-group-api-api").inputs).not.toHaveProperty("sharedPrivateLinkResource");
  });

  it("leaves the part out for a private link service of one's own", async () => {
    const service = { ...files, privateLink: { ...privateLink, part: PrivateLinkPart.service } };
    const { inputs } = find(await front({ origins: { files: service } }), ORIGIN);
    expect(inputs.sharedPrivateLinkResource).not.toHaveProperty("groupId");
  });

  it("proves each domain and leads to it, at the top of a zone without a CNAME", async () => {
    const graph = await front(everything);
    expect(find(graph, RECORD, "site-proof-www.example.com").inputs).toMatchObject({
      relativeRecordSetName: "_dnsauth.www",
      recordType: "TXT",
      txtRecords: [{ value: ["site-domain-www.example.com.validationToken"] }],
    });
    expect(find(graph, RECORD, "site-www.example.com").inputs).toMatchObject({ recordType: "CNAME" });
    expect(find(graph, RECORD, "site-proof-example.com").inputs).toMatchObject({
      relativeRecordSetName: "_dnsauth",
    });
    expect(find(graph, RECORD, "site-example.com").inputs).toMatchObject({
      relativeRecordSetName: "@",
      recordType: "A",
      targetResource: { id: "site-endpoint.id" },
    });
    expect(find(graph, "azure-native:cdn:AFDCustomDomain", "site-domain-example.com").inputs).toMatchObject({
      customDomainName: "example-com",
      tlsSettings: {
        certificateType: "ManagedCertificate",
        minimumTlsVersion: "TLS12",
        cipherSuiteSetType: "TLS12_2023",
      },
    });
  });

  it("makes no records where others look after them, and says what to write", async () => {
    const graph = await front({ domains: { "www.example.com": {} } });
    expect(graph.resources.filter(({ type }) => type === RECORD)).toEqual([]);
    expect(graph.outputs.validationTokens).toEqual({
      "www.example.com": "site-domain-www.example.com.validationToken",
    });
  });

  it("fits a blob store that it publishes", async () => {
    const graph = await record(() => {
      const modules = new BlobStore("modules", {
        resourceGroupName: "site",
        location: "westeurope",
        accountName: "acmemodules",
        containers: { files: { published: true } },
        logWorkspaceId: "workspace-1",
        alarms: { choice: AlarmChoice.none },
      });
      const link = { resourceId: modules.accountId, location: modules.location, part: PrivateLinkPart.blob };
      new FrontDoor("site", {
        ...basic,
        origins: { files: { hostName: modules.hostName, privateLink: link } },
      });
    });
    expect(find(graph, ORIGIN).inputs).toMatchObject({
      hostName: "acmemodules.blob.core.windows.net",
      sharedPrivateLinkResource: { privateLink: { id: "modules-account.id" } },
    });
  });

  it("takes a reorder of domains, origins and paths for no change", async () => {
    const reversed = <T>(entries: Record<string, T> | undefined) =>
      Object.fromEntries(Object.entries(entries ?? {}).reverse());
    const more = { ...everything, paths: { "/api/*": { origin: "api" }, "/api": { origin: "files" } } };
    const again = {
      ...more,
      domains: reversed(more.domains),
      origins: reversed(more.origins),
      paths: reversed(more.paths),
    };
    expect(await front(again)).toEqual(await front(more));
  });

  it("lays overrides over each role, and knows each role", async () => {
    const overrides = Object.fromEntries(
      FRONT_DOOR_ROLES.map((role) => [role, { resourceGroupName: "marked", workspaceId: "marked" }]),
    );
    const graph = await front({ ...everything, overrides });
    const marked = graph.resources.filter(({ inputs }) => JSON.stringify(inputs).includes('"marked"'));
    expect(new Set(marked.map(({ type }) => type)).size).toBe(FRONT_DOOR_ROLES.length);
  });

  it.each<[string, Partial<FrontDoorArgs>, RegExp[]]>([
    ["no origin", { origins: {} }, [/origins is {}; allowed: at least one origin/]],
    [
      "an origin that anybody reaches",
      { origins: { files: { hostName: "x.example.org" } } },
      [/origins\.files\.checksFrontDoorId is missing; allowed: true, or privateLink/],
    ],
    [
      "failover between private and public",
      { origins: { files: { ...files, failoverTo: "api" }, api } },
      [/origins\.files\.failoverTo is "api"; allowed: an origin that is reached the same way/],
    ],
    [
      "a part that is none",
      { origins: { files: { ...files, privateLink: { ...privateLink, part: "web" as never } } } },
      [/origins\.files\.privateLink\.part is "web"; allowed: one of blob, sites/],
    ],
    [
      "a wildcard domain",
      { domains: { "*.example.com": {} } },
      [/domains\.\*\.example\.com is .*without a wildcard/],
    ],
    [
      "a domain of another zone",
      { domains: { "www.example.org": { zone } } },
      [/zoneName is "example\.com"; allowed: a zone/],
    ],
    [
      "a path to nowhere",
      { paths: { "/x": { origin: "gone" } } },
      [/paths\.\/x\.origin is "gone"; allowed: an origin: files/],
    ],
    [
      "a wildcard inside",
      { paths: { "/a/*/b": { origin: "files" } } },
      [/paths is "\/a\/\*\/b"; allowed: a path/],
    ],
    [
      "patterns with one name",
      { paths: { "/a-b": { origin: "files" }, "/a/b": { origin: "files" } } },
      [/paths is "\/a\/b"; allowed: patterns that differ/],
    ],
    ["a rate that is none", { waf: { requestsPerFiveMinutes: 1 } }, [/waf\.requestsPerFiveMinutes is 1/]],
    [
      "a policy that is broken out of",
      { headers: { contentSecurity: { images: ["x; y"] } } },
      [/images\[0\] is "x; y"/],
    ],
    [
      "an origin too slow",
      { originTimeoutSeconds: 300 },
      [/originTimeoutSeconds is 300; allowed: .* 16 to 240 seconds/],
    ],
    ["no log", { logWorkspaceId: undefined }, [/logWorkspaceId is missing/]],
    [
      "an unknown role",
      { overrides: { waf: {} } },
      [/overrides\.waf is "waf"; allowed: a child role: profile/],
    ],
  ])("refuses %s, by field, value and what is allowed", async (_, args, faults) => {
    const made = front(args);
    for (const fault of faults) await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^FrontDoor "site": /);
  });

  it("makes the recorded production front door", async () => {
    const program = () => {
      new FrontDoor("site", { ...basic, ...everything });
    };
    const graph = await record(program, { project: "golden", stack: "production" });
    expectGolden(graph, "test/components/front-door/fixtures/production.json");
  });
});

describe("the plans of a front door", () => {
  it("limit the rate of every address, then known attacks and bots", () => {
    const { customRules, managedRules } = planWaf({ onlyCountries: ["FR", "DE"] }) as {
      customRules: { rules: object[] };
      managedRules: { managedRuleSets: object[] };
    };
    expect(customRules.rules).toMatchObject([
      {
        name: "countries",
        action: "Block",
        matchConditions: [{ negateCondition: true, matchValue: ["DE", "FR"] }],
      },
      { name: "rate", action: "Block", rateLimitThreshold: 2000, rateLimitDurationInMinutes: 5 },
    ]);
    expect(managedRules.managedRuleSets).toMatchObject([
      { ruleSetType: "Microsoft_DefaultRuleSet", ruleSetAction: "Block" },
      { ruleSetType: "Microsoft_BotManagerRuleSet" },
    ]);
  });

  it("send the same security headers as the CDN on AWS, five to a rule", () => {
    expect(responseHeaders()).toMatchObject({
      "content-security-policy": expect.stringContaining("default-src 'self'"),
      "strict-transport-security": "max-age=63072000; includeSubDomains",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    const rules = planRules({ defaultRootObject: "index.html" });
    expect(rules.map(({ key, order }) => [key, order])).toEqual([
      ["root", 1],
      ["headers0", 10],
      ["headers1", 11],
    ]);
    for (const { actions } of rules) expect((actions as object[]).length).toBeLessThanOrEqual(5);
  });

  it("name routes by their patterns", () => {
    expect(["/api", "/api/*", "/a.b/c/*"].map(routeKey)).toEqual(["api", "api-all", "a-b-c-all"]);
  });
});
