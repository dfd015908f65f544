import type { Fault } from "../errors.ts";
import type { NewTemplate, TargetName } from "./contract.ts";

/** What a target can do here. */
export interface TargetAbility {
  /** Why sessions cannot run there; undefined: they can. */
  missing?: string;
  /** Whether it keeps sessions from reaching each other. */
  isolates: boolean;
  /** Why it does not. */
  exposed?: string;
  /** ARN of the one cluster that the target ecs reaches. */
  cluster?: string;
}

export type TargetAbilities = Record<TargetName, TargetAbility>;

/** Registries and repositories that images may come from, as beginnings of their names. Empty: none may. */
export type ImageRules = readonly string[];

/** Every fault of a template that its fields alone do not show. */
export function templateFaults(
  { target, isolation, workload, pool }: Pick<NewTemplate, "target" | "isolation" | "workload" | "pool">,
  secretNames: readonly string[],
  abilities: TargetAbilities,
  images: ImageRules,
): Fault[] {
  const { missing, isolates, exposed } = abilities[target];
  const { image, command, program } = workload;
  const faults: Fault[] = [];
  if (target === "ecs") faults.push(...ecsFaults(workload, secretNames, abilities.ecs.cluster));
  else if (workload.ecs) faults.push({ field: "workload.ecs", message: "is for the target ecs" });
  if (missing) faults.push({ field: "target", message: missing, given: target });
  if (isolation === "required" && !isolates) {
    const why = exposed === undefined ? "" : `: ${exposed}`;
    const message = `the target ${target} cannot keep sessions apart here${why}`;
    faults.push({ field: "isolation", message });
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
  if (target === "ecs") return faults;
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

/** ECS takes no more of them in one call, as JSON. */
const overridesCharacters = 8_000;

/** What a task is comes from its definition; what is laid over it is seen by everyone who may look at tasks. */
function ecsFaults(
  { ecs, image, command, environment }: NewTemplate["workload"],
  secretNames: readonly string[],
  cluster: string | undefined,
): Fault[] {
  const faults: Fault[] = [];
  if (image !== undefined) {
    faults.push({ field: "workload.image", message: "is named by the task definition of workload.ecs" });
  }
  if (secretNames.length > 0) {
    const message =
      "would be seen by everyone who may look at tasks: name them in the task definition, or give them with the claim";
    faults.push({ field: "secretEnvironment", message });
  }
  if (ecs === undefined) {
    faults.push({
      field: "workload.ecs",
      message: "is needed: what the stack sessions gives out for a template",
    });
  } else if (cluster !== undefined && ecs.runTask.cluster !== cluster) {
    const field = "workload.ecs.runTask.cluster";
    faults.push({ field, message: "is another one than ROOST_ECS_CLUSTER", allowed: cluster });
  }
  if (JSON.stringify({ command, environment }).length > overridesCharacters) {
    const message = `is more than a task takes with its command: ${overridesCharacters} characters as JSON`;
    faults.push({ field: "workload.environment", message });
  }
  return faults;
}
