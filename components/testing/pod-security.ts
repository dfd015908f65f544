// Judges recorded Kubernetes workloads by the Pod Security standard `restricted`, field by field, as the
// admission of a cluster does: https://kubernetes.io/docs/concepts/security/pod-security-standards/

import type { Graph, GraphResource } from "./graph.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are whatever was registered
type Manifest = any;

const ALLOWED_VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** Every way in which a workload of the graph breaks the standard: `deployment "web": …`. None when it holds. */
export function podSecurityFaults(graph: Graph): string[] {
  return graph.resources.flatMap((resource) => {
    const pod = podSpec(resource);
    return pod === undefined
      ? []
      : judgePod(pod).map((fault) => `${resource.type} "${resource.name}": ${fault}`);
  });
}

function podSpec({ type, inputs }: GraphResource): Manifest {
  if (!type.startsWith("kubernetes:")) return undefined;
  const spec: Manifest = inputs.spec;
  if (type.endsWith(":Pod")) return spec;
  return spec?.jobTemplate?.spec?.template?.spec ?? spec?.template?.spec;
}

function judgePod(pod: Manifest): string[] {
  const faults: string[] = [];
  const context = pod.securityContext ?? {};
  for (const field of ["hostNetwork", "hostPID", "hostIPC"]) if (pod[field]) faults.push(`${field} is set`);
  for (const volume of pod.volumes ?? []) {
    const kind = Object.keys(volume).find((key) => key !== "name");
    if (!ALLOWED_VOLUMES.includes(kind ?? "")) faults.push(`volume ${volume.name} is of type ${kind}`);
  }
  if (context.runAsUser === 0) faults.push("the pod runs as root");
  for (const sysctl of context.sysctls ?? []) faults.push(`sysctl ${sysctl.name} is set`);
  const containers = ["initContainers", "containers", "ephemeralContainers"].flatMap(
    (kind) => pod[kind] ?? [],
  );
  return [...faults, ...containers.flatMap((container) => judgeContainer(container, context))];
}

function judgeContainer(container: Manifest, pod: Manifest): string[] {
  const own = container.securityContext ?? {};
  const added = (own.capabilities?.add ?? []).filter((name: string) => name !== "NET_BIND_SERVICE");
  const seccomp = (own.seccompProfile ?? pod.seccompProfile)?.type;
  const wrong: [string, boolean][] = [
    ["may gain privileges", own.allowPrivilegeEscalation !== false],
    ["is privileged", own.privileged === true],
    ["may run as root", (own.runAsNonRoot ?? pod.runAsNonRoot) !== true || own.runAsUser === 0],
    ["keeps capabilities", !(own.capabilities?.drop ?? []).includes("ALL")],
    [`adds capabilities ${added.join(", ")}`, added.length > 0],
    ["has no system call filter", seccomp !== "RuntimeDefault" && seccomp !== "Localhost"],
    ["takes ports of the machine", (container.ports ?? []).some(({ hostPort }: Manifest) => hostPort)],
    ["has an unmasked /proc", own.procMount !== undefined && own.procMount !== "Default"],
  ];
  return wrong.filter(([, is]) => is).map(([words]) => `container ${container.name} ${words}`);
}
