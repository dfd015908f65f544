import { resourceRule } from "../../rule.ts";
import { isOff, isOn } from "../../values.ts";

export const azureStorage = resourceRule({
  id: "azure-storage",
  title: "Storage accounts speak TLS 1.2, know no shared keys, and are open to nobody by default",
  severity: "high",
  level: "mandatory",
  frameworks: [
    "CIS-Azure 9.3.1.3",
    "CIS-Azure 9.3.2.2",
    "CIS-Azure 9.3.2.3",
    "CIS-Azure 9.3.6",
    "CKV CKV_AZURE_3",
    "CKV CKV_AZURE_35",
    "CKV CKV_AZURE_44",
    "CKV CKV_AZURE_59",
  ],
  remediation:
    "Set minimumTlsVersion TLS1_2, allowSharedKeyAccess false, enableHttpsTrafficOnly true and networkRuleSet.defaultAction Deny or publicNetworkAccess Disabled.",
  kinds: ["azure-native:storage/StorageAccount"],
  check({ props }, { found }) {
    if (!/^TLS1_[23]$/.test(props.minimumTlsVersion ?? "")) {
      found(`speaks ${props.minimumTlsVersion ?? "TLS1_0"}`, "minimumTlsVersion");
    }
    if (isOff(props.enableHttpsTrafficOnly)) found("answers plain HTTP", "enableHttpsTrafficOnly");
    // Both are on unless turned off.
    if (!isOff(props.allowSharedKeyAccess)) found("can be opened by a shared key", "allowSharedKeyAccess");
    const isClosed = /^(Disabled|SecuredByPerimeter)$/.test(props.publicNetworkAccess ?? "");
    if (!isClosed && props.networkRuleSet?.defaultAction !== "Deny") {
      found("is reached from every network", "networkRuleSet.defaultAction");
    }
    // Anonymous reading is harmless where only private networks get through.
    if (isOn(props.allowBlobPublicAccess) && !isClosed) {
      found("lets containers be public", "allowBlobPublicAccess");
    }
  },
});
