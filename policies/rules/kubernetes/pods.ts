import type { Props, Resource } from "../../rule.ts";
import { list } from "../../values.ts";

/** Kinds that hold a pod, or are one. */
export const workloads = [
  "Pod",
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "ReplicationController",
  "Job",
  "CronJob",
].map((kind) => `kubernetes:${kind}`);

/** Kinds that serve for as long as they are there. */
export const services = ["kubernetes:Deployment", "kubernetes:StatefulSet", "kubernetes:DaemonSet"];

export interface Pod {
  spec: Props;
  labels: Record<string, string>;
  /** Of the pod's specification in the inputs. */
  path: string;
}

export function podOf({ kind, props }: Resource): Pod | undefined {
  const [holder, path] =
    kind === "kubernetes:Pod"
      ? [props, "spec"]
      : kind === "kubernetes:CronJob"
        ? [props.spec?.jobTemplate?.spec?.template, "spec.jobTemplate.spec.template.spec"]
        : [props.spec?.template, "spec.template.spec"];
  return holder?.spec && { spec: holder.spec, labels: holder.metadata?.labels ?? {}, path };
}

/** All containers of a pod, also those that run first. */
export function containersOf({ spec, path }: Pod): { container: Props; path: string; isInit: boolean }[] {
  return ["containers", "initContainers", "ephemeralContainers"].flatMap((input) =>
    list(spec[input]).map((container, n) => ({
      container,
      path: `${path}.${input}.${n}`,
      isInit: input !== "containers",
    })),
  );
}

/** Whether a selector of labels takes in these labels; an empty one takes in all. */
export function selects(selector: Props, labels: Record<string, string>): boolean {
  const named = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return named && list(selector?.matchExpressions).every((each) => holds(each, labels));
}

function holds({ key, operator, values }: Props, labels: Record<string, string>): boolean {
  const value = labels[key];
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  const isIn = value !== undefined && list(values).includes(value);
  return operator === "In" ? isIn : !isIn;
}

/** The namespace that an object says it is in. */
export function namespaceOf({ props }: Resource): string {
  return props.metadata?.namespace ?? "default";
}
