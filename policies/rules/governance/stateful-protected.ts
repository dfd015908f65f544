import type { Props } from "../../rule.ts";
import { resourceRule } from "../../rule.ts";
import { isOff, isOn, isProduction, productionConfig } from "../../values.ts";

/** What holds data, and whether its own service refuses to delete it. */
const stateful: Record<string, (props: Props) => boolean> = {
  "aws:rds/Instance": ({ deletionProtection }) => isOn(deletionProtection),
  "aws:rds/Cluster": ({ deletionProtection }) => isOn(deletionProtection),
  "aws:dynamodb/Table": ({ deletionProtectionEnabled }) => isOn(deletionProtectionEnabled),
  "aws:cognito/UserPool": ({ deletionProtection }) => deletionProtection === "ACTIVE",
  // Refuse to go while something is in them.
  "aws:ecr/Repository": ({ forceDelete }) => forceDelete === undefined || isOff(forceDelete),
  "aws:efs/FileSystem": () => false,
  "aws:kms/Key": ({ deletionWindowInDays }) => Number(deletionWindowInDays ?? 30) >= 7,
  "azure-native:storage/StorageAccount": () => false,
};

export const statefulProtected = resourceRule({
  id: "stateful-protected",
  title: "What holds data in production is not deleted by mistake",
  severity: "high",
  level: "mandatory",
  frameworks: ["own"],
  remediation: "Set the option protect, or the service's own protection against deletion.",
  kinds: Object.keys(stateful),
  config: productionConfig,
  check(resource, { found, config }) {
    if (!isProduction(resource, config) || resource.protect === true) return;
    if (!stateful[resource.kind]!(resource.props)) found("holds data and can be deleted by mistake");
  },
});
