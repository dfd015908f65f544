import { stackRule } from "../../rule.ts";
import { isProduction, productionConfig } from "../../values.ts";

export const azureFrontDoor = stackRule({
  id: "azure-front-door",
  title: "Front Door has a firewall that stops, and in production is Premium",
  severity: "high",
  level: "mandatory",
  frameworks: ["CKV CKV_AZURE_121", "CKV CKV_AZURE_123", "CKV CKV_AZURE_133"],
  remediation:
    "Add a WebApplicationFirewallPolicy in Prevention mode with a SecurityPolicy for the profile, of the tier Premium_AzureFrontDoor in production.",
  kinds: [
    "azure-native:cdn/Profile",
    "azure-native:network/Policy",
    "azure-native:frontdoor/Policy",
    "azure-native:network/FrontDoorPolicy",
    "azure-native:cdn/Route",
    "azure-native:cdn/AFDCustomDomain",
  ],
  config: productionConfig,
  check(resource, { found, stack, config }) {
    const { kind, props } = resource;
    if (kind === "azure-native:cdn/Route") {
      if (
        (props.httpsRedirect ?? "Disabled") !== "Enabled" &&
        (props.supportedProtocols ?? ["Http"]).includes("Http")
      ) {
        found("answers plain HTTP", "httpsRedirect");
      }
      if (props.forwardingProtocol !== "HttpsOnly")
        found("may reach its origin by plain HTTP", "forwardingProtocol");
      return;
    }
    if (kind === "azure-native:cdn/AFDCustomDomain") {
      if (!/^TLS1[23]$/.test(props.tlsSettings?.minimumTlsVersion ?? "TLS12")) {
        found(`speaks ${props.tlsSettings.minimumTlsVersion}`, "tlsSettings.minimumTlsVersion");
      }
      return;
    }
    if (kind !== "azure-native:cdn/Profile") {
      if (props.policySettings?.enabledState === "Disabled")
        found("is turned off", "policySettings.enabledState");
      if (props.policySettings?.mode !== "Prevention") found("only watches", "policySettings.mode");
      return;
    }
    const tier = props.sku?.name ?? "";
    if (!/AzureFrontDoor$/.test(tier)) return;
    if (isProduction(resource, config) && tier !== "Premium_AzureFrontDoor") {
      found(`is of the tier ${tier}`, "sku.name");
    }
    if (stack.pointingAt(resource, "azure-native:cdn/SecurityPolicy", "profileName").length === 0) {
      found("has no firewall");
    }
  },
});
