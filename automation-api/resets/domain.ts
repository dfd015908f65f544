import type { Selection, Survey } from "../../host-provisioning/reset/index.ts";
import type { PathChange } from "../host-actions/contract.ts";
import type { CustomRequest, Preview } from "./contract.ts";

/** Whose folders change, root's too, by how much. Pure. */
export function affectedPeople(people: Survey["people"], changes: PathChange[]): Preview["people"] {
  const all = [{ name: "root", home: "/root" }, ...people];
  return all.flatMap(({ name, home }) => {
    const own = changes.filter(
      ({ kind, path }) => kind !== "touched" && (path === home || path.startsWith(`${home}/`)),
    );
    const bytes = own.reduce((sum, each) => sum + each.bytes, 0);
    return own.length > 0 && home !== "/" ? [{ name, paths: own.length, bytes }] : [];
  });
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
