// The pods of Loki and of its reader, as manifests.

import type { core } from "@pulumi/kubernetes/types/input.js";
import { basics, container, mounts, type PodContext, volumes } from "./kubernetes-pods.ts";
import type { LogsOnKubernetesArgs } from "./logs-args.ts";
import { ALLOY_PORT, LOKI_FOLDER, LOKI_PORT } from "./logs-plan.ts";

const LOKI_USER = 10_001;
const ALLOY_USER = 473;
const ALLOY_FOLDER = "/var/lib/alloy/data";

export function lokiPod(
  { memoryMebibytes = 1024 }: LogsOnKubernetesArgs,
  context: PodContext,
): core.v1.PodSpec {
  const memory = `${memoryMebibytes}Mi`;
  return {
    ...basics(context, LOKI_USER),
    // What is in memory is written before the end.
    terminationGracePeriodSeconds: 300,
    containers: [
      {
        ...container("loki", context, LOKI_PORT, "/ready", "/loki/api/v1/status/buildinfo"),
        args: ["-config.file=/etc/loki/loki.json", "-target=all"],
        resources: { requests: { cpu: "100m", memory }, limits: { memory } },
        volumeMounts: [
          ...mounts(context),
          { name: "data", mountPath: LOKI_FOLDER },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [...volumes(context), { name: "tmp", emptyDir: { sizeLimit: "128Mi" } }],
  };
}

export function alloyPod(context: PodContext): core.v1.PodSpec {
  return {
    ...basics(context, ALLOY_USER),
    // It finds pods, and reads their logs, by the API.
    automountServiceAccountToken: true,
    containers: [
      {
        ...container("alloy", context, ALLOY_PORT, "/-/ready", "/-/healthy"),
        args: [
          "run",
          `--server.http.listen-addr=0.0.0.0:${ALLOY_PORT}`,
          `--storage.path=${ALLOY_FOLDER}`,
          "--disable-reporting",
          "/etc/alloy/config.alloy",
        ],
        resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "256Mi" } },
        volumeMounts: [
          ...mounts(context),
          // How far each log was read. A new pod reads again; Loki takes a line that it has once.
          { name: "state", mountPath: ALLOY_FOLDER },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      ...volumes(context),
      { name: "state", emptyDir: { sizeLimit: "256Mi" } },
      { name: "tmp", emptyDir: { sizeLimit: "128Mi" } },
    ],
  };
}
