import { serviceType, sessionType } from "./provider.ts";
import { lookUpService } from "./service/restore.ts";
import { lookUpSession } from "./session/targets/process.ts";

/** By resource type: how what an interrupted creation left is found again. Every `roost:*` type is here. */
const lookUps: Record<string, (dataFolder: string, urn: string) => { id: string } | undefined> = {
  [serviceType]: lookUpService,
  [sessionType]: lookUpSession,
};

/**
 * Settles an open creation after a crash of the engine.
 * @returns "exists" with the id to import, "absent" when nothing was made (the open operation may be dropped), or
 *   "unknown" when the type is none of ours
 */
export function lookUp(
  dataFolder: string,
  urn: string,
): { answer: "exists"; id: string } | { answer: "absent" } | { answer: "unknown" } {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const find = lookUps[type];
  if (find === undefined) return { answer: "unknown" };
  const found = find(dataFolder, urn);
  return found ? { answer: "exists", id: found.id } : { answer: "absent" };
}
