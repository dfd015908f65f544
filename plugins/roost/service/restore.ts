import { existsSync, readdirSync } from "node:fs";
import { bootId } from "../../process/identity.ts";
import { isSupervised, startSupervisor } from "./control.ts";
import { servicesFolder } from "./place.ts";
import { readRecord, readStatus, serviceId, servicePaths, writeJson } from "./record.ts";

export interface Restored {
  id: string;
  /**
   * "kept": it was being looked after already; "started": it was wanted, and nothing looked after it;
   * "failed": its record cannot be read, or its supervisor cannot be started.
   */
  action: "kept" | "started" | "failed";
  /** Of a failure. */
  reason?: string;
}

/**
 * Brings back every service that its record wants, after a reboot or after supervisor and guard were killed
 * together. Services that are looked after stay untouched; nothing else on the machine is, and one service that
 * cannot be brought back keeps no other from it.
 * @param dataFolder the folder that services were deployed with; one that does not exist holds none
 */
export async function restoreServices(dataFolder: string): Promise<Restored[]> {
  const restored: Restored[] = [];
  for (const id of idsIn(servicesFolder(dataFolder))) {
    try {
      const action = await restoreService(dataFolder, id);
      if (action !== undefined) restored.push({ id, action });
    } catch (error) {
      restored.push({ id, action: "failed", reason: (error as Error).message });
    }
  }
  return restored;
}

async function restoreService(dataFolder: string, id: string): Promise<"kept" | "started" | undefined> {
  const paths = servicePaths(dataFolder, id);
  const record = readRecord(paths);
  if (record?.wanted !== "running") return undefined;
  if (isSupervised(readStatus(paths))) return "kept";
  writeJson(paths.record, { ...record, bootId: bootId() });
  await startSupervisor(dataFolder, paths);
  return "started";
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
