import { resourceRule } from "../../rule.ts";
import { isOff, isOn, list } from "../../values.ts";
import { containersOf, podOf, workloads } from "./pods.ts";

const volumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

export const kubernetesRestricted = resourceRule({
  id: "kubernetes-restricted",
  title: "Pods keep the standard `restricted`, and cannot write to their own file system",
  severity: "high",
  level: "mandatory",
  frameworks: [
    "CIS-K8s 5.2.2",
    "CIS-K8s 5.2.3",
    "CIS-K8s 5.2.4",
    "CIS-K8s 5.2.5",
    "CIS-K8s 5.2.6",
    "CIS-K8s 5.2.7",
    "CIS-K8s 5.2.8",
    "CIS-K8s 5.2.9",
    "CIS-K8s 5.6.2",
    "CKV CKV_K8S_16",
    "CKV CKV_K8S_17",
    "CKV CKV_K8S_18",
    "CKV CKV_K8S_19",
    "CKV CKV_K8S_20",
    "CKV CKV_K8S_22",
    "CKV CKV_K8S_23",
    "CKV CKV_K8S_28",
    "CKV CKV_K8S_31",
    "CKV CKV_K8S_37",
    "CKV CKV_K8S_40",
  ],
  remediation:
    "Set runAsNonRoot, seccompProfile RuntimeDefault, allowPrivilegeEscalation false, readOnlyRootFilesystem and capabilities.drop ALL; share nothing with the node. Render charts by Chart instead of Release.",
  kinds: [...workloads, "kubernetes:Release"],
  check(resource, { found }) {
    if (resource.kind === "kubernetes:Release") {
      found("is rendered where no policy sees its pods");
      return;
    }
    const pod = podOf(resource);
    if (!pod) return;
    const { spec, path } = pod;
    const shared = spec.securityContext ?? {};
    for (const name of ["hostNetwork", "hostPID", "hostIPC"]) {
      if (isOn(spec[name])) found(`shares ${name.slice(4)} with its node`, `${path}.${name}`);
    }
    for (const volume of list(spec.volumes)) {
      const kind = Object.keys(volume).find((key) => key !== "name");
      if (kind && !volumes.includes(kind))
        found(`mounts ${volume.name} of the kind ${kind}`, `${path}.volumes`);
    }
    if (list(shared.sysctls).length > 0)
      found("changes settings of the kernel", `${path}.securityContext.sysctls`);
    for (const { container, path: at } of containersOf(pod)) {
      const own = container.securityContext ?? {};
      const fault = (words: string, field: string) =>
        found(`${words} in container ${container.name}`, `${at}.securityContext.${field}`);
      if (isOn(own.privileged)) fault("is privileged", "privileged");
      if (!isOff(own.allowPrivilegeEscalation)) fault("may gain rights", "allowPrivilegeEscalation");
      if (!isOn(own.runAsNonRoot ?? shared.runAsNonRoot)) fault("may run as root", "runAsNonRoot");
      if ((own.runAsUser ?? shared.runAsUser) === 0) fault("runs as root", "runAsUser");
      if (!isOn(own.readOnlyRootFilesystem)) fault("writes to its own file system", "readOnlyRootFilesystem");
      if (!list(own.capabilities?.drop).includes("ALL")) fault("keeps capabilities", "capabilities.drop");
      const added = list(own.capabilities?.add).filter((name) => name !== "NET_BIND_SERVICE");
      if (added.length > 0) fault(`is given ${added.join(", ")}`, "capabilities.add");
      const filter = (own.seccompProfile ?? shared.seccompProfile)?.type;
      if (filter !== "RuntimeDefault" && filter !== "Localhost")
        fault("has no filter of system calls", "seccompProfile");
      if (list(container.ports).some(({ hostPort }) => hostPort))
        found("takes ports of its node", `${at}.ports`);
    }
  },
});
