import { z } from "zod";
import type { Resource } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import type { Stack } from "../../stack.ts";
import { isOff } from "../../values.ts";
import { imageFault, registries } from "../images.ts";
import { containersOf, namespaceOf, type Pod, podOf, services, workloads } from "./pods.ts";

export const kubernetesWorkloads = stackRule({
  id: "kubernetes-workloads",
  title: "Pods are probed, limited, pinned, in a namespace of their own, without a token they do not use",
  severity: "medium",
  level: "mandatory",
  frameworks: [
    "CIS-K8s 5.1.6",
    "CIS-K8s 5.6.4",
    "CKV CKV_K8S_8",
    "CKV CKV_K8S_9",
    "CKV CKV_K8S_10",
    "CKV CKV_K8S_11",
    "CKV CKV_K8S_12",
    "CKV CKV_K8S_13",
    "CKV CKV_K8S_14",
    "CKV CKV_K8S_21",
    "CKV CKV_K8S_38",
    "CKV CKV_K8S_43",
  ],
  remediation:
    "Give containers readiness and liveness probes, requests, a memory limit and an image digest; name a namespace; set automountServiceAccountToken false, or give a service account of its own.",
  kinds: workloads,
  config: z.object({
    registries,
    immutable: registries.describe("Hosts whose tags are immutable, so that tags do."),
  }),
  check(resource, { found, stack, config }) {
    const pod = podOf(resource);
    if (!pod) return;
    if (namespaceOf(resource) === "default") found("is in the namespace default", "metadata.namespace");
    if (mountsToken(resource, pod, stack)) {
      found("is given a token that it may not need", `${pod.path}.automountServiceAccountToken`);
    }
    for (const { container, path, isInit } of containersOf(pod)) {
      const fault = (words: string, field: string) =>
        found(`${words} in container ${container.name}`, `${path}.${field}`);
      const image = imageFault(String(container.image ?? ""), config);
      if (image) fault(image, "image");
      const { requests, limits } = container.resources ?? {};
      if (!requests?.cpu && !limits?.cpu) fault("asks for no CPU", "resources.requests.cpu");
      if (!requests?.memory && !limits?.memory) fault("asks for no memory", "resources.requests.memory");
      if (!limits?.memory) fault("has no limit of memory", "resources.limits.memory");
      if (isInit || !services.includes(resource.kind)) continue;
      if (!container.readinessProbe) fault("does not say when it is ready", "readinessProbe");
      if (!container.livenessProbe) fault("does not say that it is alive", "livenessProbe");
    }
  },
});

/** A pod that turns its token off has none; one with an account of its own that has rights needs it. */
function mountsToken(resource: Resource, { spec }: Pod, stack: Stack): boolean {
  if (isOff(spec.automountServiceAccountToken)) return false;
  const name = spec.serviceAccountName;
  if (name === undefined || name === "default") return true;
  const account = stack
    .of("kubernetes:ServiceAccount")
    .find((each) => each.props.metadata?.name === name && namespaceOf(each) === namespaceOf(resource));
  if (account && isOff(account.props.automountServiceAccountToken))
    return spec.automountServiceAccountToken === true && !isBound(name, stack);
  return account !== undefined && !isBound(name, stack);
}

function isBound(name: string, stack: Stack): boolean {
  return stack
    .of("kubernetes:RoleBinding", "kubernetes:ClusterRoleBinding")
    .some(({ props }) => (props.subjects ?? []).some((each: { name: string }) => each.name === name));
}
