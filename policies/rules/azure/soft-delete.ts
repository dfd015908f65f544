import { stackRule } from "../../rule.ts";
import { isOn } from "../../values.ts";

export const azureSoftDelete = stackRule({
  id: "azure-soft-delete",
  title: "What is deleted from a storage account can be had back",
  severity: "medium",
  level: "mandatory",
  frameworks: ["CIS-Azure 9.2.1", "CIS-Azure 9.2.2", "CIS-Azure 9.2.3"],
  remediation:
    "Add BlobServiceProperties with deleteRetentionPolicy, containerDeleteRetentionPolicy and versioning.",
  kinds: ["azure-native:storage/StorageAccount"],
  check(account, { found, stack }) {
    const services = stack
      .pointingAt(account, "azure-native:storage/BlobServiceProperties", "accountName")
      .map(({ props }) => props);
    if (account.props.kind === "FileStorage") return;
    for (const [input, words] of [
      ["deleteRetentionPolicy", "deleted blobs"],
      ["containerDeleteRetentionPolicy", "deleted containers"],
    ] as const) {
      const keeps = services.some(
        (each) => isOn(each[input]?.enabled) && Number(each[input]?.days ?? 0) >= 7,
      );
      if (!keeps) found(`does not keep ${words} for a week`, input);
    }
    if (!services.some(({ isVersioningEnabled }) => isOn(isVersioningEnabled))) found("keeps no versions");
  },
});
