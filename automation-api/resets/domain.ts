import type { Rehearsal, ResetPlan, Selection } from "../../host-provisioning/reset/index.ts";
import { freedBytes } from "../../host-provisioning/reset/index.ts";
import type { DeploymentState } from "../deployments/contract.ts";
import type { CustomRequest, Reset, Summary } from "./contract.ts";

/** What a row keeps of a preview. */
export interface StoredPlan {
  plan: ResetPlan;
  rehearsal: Rehearsal;
}

/** A workflow as one selection; the widest profile counts, and what is to stay wins. Pure. */
export function selectionOf(workflow: CustomRequest["workflow"]): Selection {
  const order = ["light", "medium", "deep", "nuclear"] as const;
  const widest = Math.max(
    -1,
    ...workflow.map((step) => (step.kind === "profile" ? order.indexOf(step.profile) : -1)),
  );
  return {
    profile: order[widest] ?? null,
    packages: {
      include: workflow.flatMap((step) => (step.kind === "packages" ? step.names : [])),
      exclude: workflow.flatMap((step) => (step.kind === "keep" ? step.packages : [])),
    },
    paths: {
      include: workflow.flatMap((step) => (step.kind === "paths" ? step.paths : [])),
      exclude: workflow.flatMap((step) => (step.kind === "keep" ? step.paths : [])),
    },
  };
}

/** Pure. */
export function summarize({ plan, rehearsal }: StoredPlan): Summary {
  const count = (kind: string) => rehearsal.changes.filter((change) => change.kind === kind).length;
  const { apparentBytes, allocatedBytes } = freedBytes(rehearsal.changes);
  return {
    packages: plan.packages.length,
    removed: count("removed"),
    changed: count("changed"),
    created: count("created"),
    freedBytes: apparentBytes,
    freedAllocatedBytes: allocatedBytes,
  };
}

/** Where a reset is, by its two deployments. Pure. */
export function stateOf(apply: DeploymentState | null, undo: DeploymentState | null): Reset["state"] {
  if (undo === "succeeded") return "undone";
  if (undo === "queued" || undo === "running") return "undoing";
  if (apply === null) return "planned";
  if (apply === "succeeded") return "applied";
  return apply === "queued" || apply === "running" ? "applying" : "failed";
}

/** Words that nobody types by accident, and that fit this plan of this host alone. Pure. */
export function confirmation(hostName: string, planHash: string): string {
  return `reset ${hostName} ${planHash.slice(0, 12)}`;
}
