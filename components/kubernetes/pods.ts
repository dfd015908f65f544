// What every pod of ours has, so that a namespace that enforces Pod Security `restricted` admits it.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted

/** The pod's part: an unprivileged user, whose group owns the volumes, and the runtime's system call filter. */
export function restrictedPod(user: number) {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** A container's part: no capability, no way to more privileges, nothing written but to its volumes. */
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** Pods of one workload over zones first, then over machines; never a reason to leave one unscheduled. */
export function spread(labels: Record<string, string>) {
  return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: labels },
  }));
}

/** The labels that select one workload, after the recommendation of Kubernetes. */
export function selectorLabels(application: string, instance: string, component: string) {
  return {
    "app.kubernetes.io/name": application,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": component,
  };
}

/** Asks a Prometheus that reads annotations to fetch a pod's metrics. */
export function scrapeAnnotations(port: number, scheme: "http" | "https" = "http"): Record<string, string> {
  return {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": String(port),
    "prometheus.io/path": "/metrics",
    "prometheus.io/scheme": scheme,
  };
}
