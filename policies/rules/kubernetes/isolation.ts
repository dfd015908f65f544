import { stackRule } from "../../rule.ts";
import { namespaceOf, podOf, selects } from "./pods.ts";

export const kubernetesIsolation = stackRule({
  id: "kubernetes-isolation",
  title: "Pods are talked to by those who are named, and replicas are not all taken away at once",
  severity: "medium",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Add a NetworkPolicy that selects the pods, and a PodDisruptionBudget for what runs in several replicas.",
  kinds: ["kubernetes:Deployment", "kubernetes:StatefulSet", "kubernetes:DaemonSet"],
  check(resource, { found, stack }) {
    const pod = podOf(resource);
    if (!pod) return;
    const near = (kind: string) =>
      stack.of(kind).filter((each) => namespaceOf(each) === namespaceOf(resource));
    const isIsolated = near("kubernetes:NetworkPolicy").some(
      ({ props }) =>
        selects(props.spec?.podSelector, pod.labels) &&
        (props.spec?.policyTypes ?? ["Ingress"]).includes("Ingress"),
    );
    if (!isIsolated) found("answers every pod of the cluster");
    const replicas = Number(resource.props.spec?.replicas ?? 1);
    if (resource.kind === "kubernetes:DaemonSet" || replicas < 2) return;
    const hasBudget = near("kubernetes:PodDisruptionBudget").some(({ props }) =>
      selects(props.spec?.selector, pod.labels),
    );
    if (!hasBudget) found("may lose all replicas at once");
  },
});
