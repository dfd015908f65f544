import type { Selection } from "../../host-provisioning/reset/index.ts";
import type { CustomRequest } from "./contract.ts";

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
