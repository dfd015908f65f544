import type { Input } from "@pulumi/pulumi";
import type { Overrides } from "../overrides.ts";

export interface LogsOnKubernetesArgs {
  /** A namespace that is there; it may enforce Pod Security `restricted`. A Grafana that shows the logs is here too. */
  namespace: string;
  /** Namespaces whose pods' logs are kept, besides this one. */
  watch: string[];
  /** Where the API server is, as IPv4 ranges: pods are found and their logs read by it. */
  apiServerRanges: string[];
  /** Image of Loki by digest, 3.4 or later. */
  lokiImage: Input<string>;
  /** Image of Grafana Alloy by digest, 1.5 or later: it reads the logs. */
  alloyImage: Input<string>;
  /** Days that logs are kept, 1 to 400. Default 30. */
  retentionDays?: number;
  /** Disk of Loki in GiB, 5 to 4096. Nothing leaves it before its time: choose it for `retentionDays`. Default 50. */
  storageGibibytes?: number;
  /** Default: the cluster's. */
  storageClassName?: Input<string>;
  /** Memory of Loki, requested and the limit, in MiB, 256 to 262144. Default 1024. */
  memoryMebibytes?: number;
  /** On every object, beside the recommended ones. */
  labels?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
