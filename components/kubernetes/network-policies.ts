// Rules of NetworkPolicies. A policy that names both directions denies what no rule allows.

/** Pods of one namespace; of any pod there unless labels say which. */
export function podsOf(namespace: string, labels?: Record<string, string>) {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    ...(labels && { podSelector: { matchLabels: labels } }),
  };
}

/** Ports over TCP. */
export function tcp(...ports: number[]) {
  return ports.map((port) => ({ protocol: "TCP", port }));
}

/** Names are looked up at the cluster's DNS. */
export const DNS_RULE = {
  to: [podsOf("kube-system")],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** HTTPS to anywhere but the address where clouds hand out a machine's credentials. */
export const HTTPS_RULE = {
  to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.169.254/32"] } }],
  ports: tcp(443),
};
