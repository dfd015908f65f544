import type { types } from "@pulumi/kubernetes";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import type { ComponentResource, Input, Output } from "@pulumi/pulumi";
import { scrapeAnnotations } from "../kubernetes/pods.ts";
import { type Overrides, override } from "../overrides.ts";

interface Setting<Part extends string> {
  parent: ComponentResource;
  name: string;
  args: { namespace: string; labels?: Record<string, Input<string>>; overrides?: Overrides };
  /** By which the pods of each part are selected. */
  labels: Record<Part, Record<string, string>>;
}

/** What each part of a component on Kubernetes has beside its workload: policies, an account, files. */
export function kubernetesParts<Part extends string>({ parent, name, args, labels }: Setting<Part>) {
  const { namespace, overrides } = args;

  /** Names are fixed where others call by them; the rest is named anew when it is replaced. */
  function metadata(part: Part, fixedName?: string, inNamespace = namespace) {
    return {
      namespace: inNamespace,
      labels: { ...args.labels, ...labels[part] },
      ...(fixedName && { name: fixedName }),
    };
  }

  function podMetadata(part: Part, port: number) {
    return { labels: { ...args.labels, ...labels[part] }, annotations: scrapeAnnotations(port) };
  }

  function makePolicies(policies: Partial<Record<Part, types.input.networking.v1.NetworkPolicySpec>>): void {
    for (const [part, spec] of Object.entries(policies) as [
      Part,
      types.input.networking.v1.NetworkPolicySpec,
    ][]) {
      new NetworkPolicy(
        `${name}-${part}-policy`,
        override(overrides, "networkPolicy", { metadata: metadata(part, `${name}-${part}`), spec }),
        { parent },
      );
    }
  }

  function makeAccount(part: Part): ServiceAccount {
    return new ServiceAccount(
      `${name}-${part}-account`,
      override(overrides, "serviceAccount", {
        metadata: metadata(part, `${name}-${part}`),
        automountServiceAccountToken: false,
      }),
      { parent },
    );
  }

  /** Pods of one namespace, and what else of them is named: no secret, no other namespace. */
  function allowToRead(
    part: Part,
    read: string,
    account: ServiceAccount,
    more: types.input.rbac.v1.PolicyRule[] = [],
  ): void {
    const role = new Role(
      `${name}-${read}-role`,
      override(overrides, "role", {
        metadata: metadata(part, `${name}-${part}`, read),
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }, ...more],
      }),
      { parent },
    );
    new RoleBinding(
      `${name}-${read}-binding`,
      override(overrides, "roleBinding", {
        metadata: metadata(part, `${name}-${part}`, read),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
      }),
      { parent },
    );
  }

  /** A change gives them another name, and so new pods: no reload that may fail unseen. */
  function makeFiles(part: Part, suffix: string, data: Input<Record<string, string>>): Output<string> {
    const files = new ConfigMap(
      `${name}-${part}-${suffix}`,
      override(overrides, "configMap", { metadata: metadata(part), immutable: true, data }),
      { parent },
    );
    return files.metadata.name;
  }

  return { metadata, podMetadata, makePolicies, makeAccount, allowToRead, makeFiles };
}
