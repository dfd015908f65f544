import type { Fault } from "../errors.ts";
import type { NewTemplate, TargetName } from "./contract.ts";

/** What a target can do here. */
export interface TargetAbility {
  /** Why sessions cannot run there; undefined: they can. */
  missing?: string;
  /** Whether it keeps sessions from reaching each other. */
  isolates: boolean;
}

export type TargetAbilities = Record<TargetName, TargetAbility>;

/** Registries and repositories that images may come from, as beginnings of their names. Empty: none may. */
export type ImageRules = readonly string[];

/** Every fault of a template that its fields alone do not show. */
export function templateFaults(
  { target, isolation, workload, pool }: Pick<NewTemplate, "target" | "isolation" | "workload" | "pool">,
  abilities: TargetAbilities,
  images: ImageRules,
): Fault[] {
  const { missing, isolates } = abilities[target];
  const { image, command, program } = workload;
  const faults: Fault[] = [];
  if (missing) faults.push({ field: "target", message: missing, given: target });
  if (isolation === "required" && !isolates) {
    faults.push({ field: "isolation", message: `the target ${target} cannot keep sessions apart here` });
  }
  if (pool.floor > pool.ceiling) {
    faults.push({ field: "pool.floor", message: "is above the ceiling", allowed: `at most ${pool.ceiling}` });
  }
  if (target === "process") {
    if (image !== undefined) faults.push({ field: "workload.image", message: "is for docker and ecs" });
    if ((command === undefined) === (program === undefined)) {
      faults.push({ field: "workload.command", message: "give it or a program, one of the two" });
    }
    return faults;
  }
  if (program !== undefined) faults.push({ field: "workload.program", message: "is for the target process" });
  if (image === undefined) faults.push({ field: "workload.image", message: "is needed" });
  else if (!images.some((beginning) => image.startsWith(beginning))) {
    faults.push({
      field: "workload.image",
      message: "comes from a place that ROOST_SESSION_IMAGES does not allow",
      allowed: images.length > 0 ? images.join(", ") : "none",
    });
  }
  return faults;
}
