/** Frameworks that rules name, with the version that the ids are of. */
export const frameworks: Record<string, { name: string; version: string }> = {
  FSBP: { name: "AWS Foundational Security Best Practices", version: "1.0.0" },
  "CIS-AWS": { name: "CIS AWS Foundations Benchmark", version: "7.0" },
  "CIS-Azure": { name: "CIS Microsoft Azure Foundations Benchmark", version: "6.0" },
  "CIS-K8s": { name: "CIS Kubernetes Benchmark", version: "2.0.1" },
  CT: { name: "AWS Control Tower proactive controls", version: "1.0" },
  CKV: { name: "Checkov", version: "3" },
};
