import { existsSync, readdirSync } from "node:fs";
import { isSupervised, startSupervisor } from "./control.ts";
import { bootId } from "./identity.ts";
import { servicesFolder } from "./place.ts";
import { readRecord, readStatus, serviceId, servicePaths, writeJson } from "./record.ts";

export interface Restored {
  id: string;
  urn: string;
  /** "kept": it was being looked after already; "started": it was wanted, and nothing looked after it. */
  action: "kept" | "started";
}

/**
 * Brings back every service that its record wants, after a reboot or after supervisor and guard were killed
 * together. Services that are looked after stay untouched; nothing else on the machine is.
 * @param dataFolder the folder that holds `services/`; one that does not exist holds none
 */
export async function restoreServices(dataFolder: string): Promise<Restored[]> {
  const restored: Restored[] = [];
  for (const id of idsIn(servicesFolder(dataFolder))) {
    const paths = servicePaths(dataFolder, id);
    const record = readRecord(paths);
    if (record?.wanted !== "running") continue;
    const kept = isSupervised(readStatus(paths));
    if (!kept) {
      writeJson(paths.record, { ...record, bootId: bootId() });
      await startSupervisor(dataFolder, paths);
    }
    restored.push({ id, urn: record.urn, action: kept ? "kept" : "started" });
  }
  return restored;
}

function idsIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
}

export interface FoundService {
  id: string;
  wanted: "running" | "stopped";
  /** True while a supervisor looks after it. */
  supervised: boolean;
}

/**
 * Finds the service that a creation of this URN made or began to make: what to import when the engine was killed
 * before it could write the creation down. Undefined: it never came to exist.
 */
export function lookUpService(dataFolder: string, urn: string): FoundService | undefined {
  const id = serviceId(urn);
  const paths = servicePaths(dataFolder, id);
  const record = readRecord(paths);
  return record && { id, wanted: record.wanted, supervised: isSupervised(readStatus(paths)) };
}
