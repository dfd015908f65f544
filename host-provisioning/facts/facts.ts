import type { SecurityFacts } from "../security/security.ts";
import { type Application, type Database, joinApplications, type Runtime } from "./applications.ts";
import type { DetailFacts } from "./details.ts";
import { type HardwareFacts, readHardware } from "./hardware.ts";
import { type NetworkFacts, readNetwork } from "./network.ts";
import { type PackageFacts, readOwners, readPackages } from "./packages.ts";
import { type PerformanceFacts, readPerformance } from "./performance.ts";
import { Probe } from "./probe.ts";
import { type Process, readProcesses } from "./processes.ts";
import { readServices, type ServiceFacts } from "./services.ts";
import { readSystem, type SystemFacts } from "./system.ts";
import { readVirtualization, type VirtualizationFacts } from "./virtualization.ts";

/** Everything that a quick scan tells of a host. What could not be read is null or not there. */
export interface Facts {
  hardware: HardwareFacts;
  virtualization: VirtualizationFacts;
  system: SystemFacts;
  software: PackageFacts & {
    /** By the program's path. */
    applications: Record<string, Application>;
    databases: Record<string, Database>;
    runtimes: Record<string, Runtime>;
  };
  services: ServiceFacts;
  network: NetworkFacts;
  performance: PerformanceFacts;
  processes: Record<string, Process>;
  /** Of full scans only. */
  details?: DetailFacts;
  /** Of full scans only. */
  security?: SecurityFacts;
}

/**
 * What quick.sh found. Pure, and total: whatever the host says, nothing is thrown.
 * @param mark the one that the script was given.
 * @returns undefined when it is not whole.
 */
export function readFacts(output: string, mark: string): Facts | undefined {
  const probe = new Probe(output, mark);
  if (!probe.isWhole) return undefined;
  const hardware = readHardware(probe);
  const system = readSystem(probe);
  const packages = readPackages(probe);
  const owners = readOwners(probe);
  const processes = readProcesses(probe);
  const network = readNetwork(probe, processes, owners);
  const { ports } = network;
  const from = { processes, owners, packages: packages.packages, ports, users: system.users };
  return {
    hardware,
    virtualization: readVirtualization(probe, hardware.cpu.flags),
    system,
    software: { ...packages, ...joinApplications(probe, from) },
    services: readServices(probe, processes),
    network,
    performance: readPerformance(probe),
    processes,
  };
}

/** Single values that are known: null and what is empty are none. */
export function countFacts(value: unknown): number {
  if (value === null || value === undefined || value === "") return 0;
  if (typeof value !== "object") return 1;
  return Object.values(value).reduce((sum: number, each) => sum + countFacts(each), 0);
}
