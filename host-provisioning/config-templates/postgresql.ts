import { z } from "zod";
import type { Facts } from "../facts/index.ts";
import { diskClass, diskOfPath } from "../optimize/disks.ts";
import { type Choice, capacity, gibibyte, heading, mebibyte, ParameterFault, template } from "./template.ts";

const workloads = ["web", "oltp", "warehouse", "desktop", "mixed"] as const;
type Workload = (typeof workloads)[number];
const storages = ["hdd", "ssd", "san", "nvme"] as const;
type Storage = (typeof storages)[number];

const connectionsOf: Record<Workload, number> = {
  web: 200,
  oltp: 300,
  warehouse: 40,
  desktop: 20,
  mixed: 100,
};
/** Least and most bytes of log between checkpoints. */
const logOf: Record<Workload, [number, number]> = {
  web: [gibibyte, 4 * gibibyte],
  oltp: [2 * gibibyte, 8 * gibibyte],
  warehouse: [4 * gibibyte, 16 * gibibyte],
  desktop: [100 * mebibyte, 2 * gibibyte],
  mixed: [gibibyte, 4 * gibibyte],
};
const readsAtOnce: Record<Storage, number> = { hdd: 2, ssd: 200, san: 300, nvme: 1000 };

const parameters = z.strictObject({
  workload: z.enum(workloads).default("mixed").describe("What it is used for."),
  connections: z.int().min(1).max(10_000).optional().describe("Default by workload: 20 to 300."),
  storage: z.enum(storages).optional().describe("What the data lies on. Default: as the scan tells."),
  version: z
    .int()
    .min(12)
    .max(18)
    .optional()
    .describe("Major version. Default: the one that runs, or is installed."),
  cluster: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "expected a name of a cluster")
    .default("main")
    .describe("Debian's name of the cluster."),
});

/** A file of conf.d: what it does not name stays as the package has it. Formulas after PGTune and tuned. */
export const postgresql = template({
  name: "postgresql",
  summary: "PostgreSQL's memory, workers and input and output, sized by the host and the workload",
  parameters,
  generate(facts, given) {
    const version = given.version ?? versionOf(facts);
    if (version === undefined)
      throw new ParameterFault("version", "PostgreSQL was not found on the host: give the major version");
    const { cpus, memoryBytes: memory, reason } = capacity(facts);
    const { workload } = given;
    const connections = given.connections ?? connectionsOf[workload];
    const storage = given.storage ?? storageOf(facts);
    const isDesktop = workload === "desktop";
    const isWarehouse = workload === "warehouse";
    const shared = memory / (isDesktop ? 16 : 4);
    const gather = Math.max(1, isWarehouse ? Math.ceil(cpus / 2) : Math.min(4, Math.ceil(cpus / 2)));
    const workers = Math.max(cpus, 2);
    const maintenance = Math.min(memory / (isWarehouse ? 8 : 16), 8 * gibibyte);
    const work = Math.max((memory - shared) / ((connections + workers) * 3), 4 * mebibyte);
    const buffers = Math.min(Math.max(shared * 0.03, 32 * 1024), 16 * mebibyte);
    const [leastLog, mostLog] = logOf[workload];
    const far = storage === "hdd" || isWarehouse;
    const choices: Choice[] = [
      choice("max_connections", connections, given.connections ? "as asked" : `usual for ${workload}`),
      choice("shared_buffers", bytes(shared), `${isDesktop ? "1/16" : "1/4"} of the memory: ${reason}`),
      choice(
        "effective_cache_size",
        bytes(memory * (isDesktop ? 0.25 : 0.75)),
        "what the kernel will keep of files",
      ),
      choice(
        "maintenance_work_mem",
        bytes(maintenance),
        `1/${isWarehouse ? 8 : 16} of the memory, 8 GiB at most`,
      ),
      choice(
        "work_mem",
        bytes(work),
        "what is left, by three for each connection and worker; 4 MiB at least",
      ),
      choice("wal_buffers", bytes(buffers), "3 % of shared_buffers, 16 MiB at most"),
      choice("min_wal_size", bytes(leastLog), `usual for ${workload}`),
      choice("max_wal_size", bytes(mostLog), `usual for ${workload}`),
      choice("checkpoint_completion_target", 0.9, "writing is spread over the time between checkpoints"),
      choice(
        "random_page_cost",
        far ? 4 : 1.1,
        far ? "a page out of order is dear" : `${storage} reads any page as fast`,
      ),
      choice("effective_io_concurrency", readsAtOnce[storage], storage),
      choice("max_worker_processes", workers, reason),
      choice("max_parallel_workers", cpus, reason),
      choice("max_parallel_workers_per_gather", gather, "half of the processors"),
      choice("max_parallel_maintenance_workers", Math.min(4, gather), "half of the processors, 4 at most"),
      choice(
        "huge_pages",
        shared >= 2 * gibibyte ? "try" : "off",
        "worth it from 2 GiB of shared_buffers on",
      ),
      ...(workload === "oltp"
        ? [choice("jit", "off", "short statements are done before it has compiled them")]
        : []),
      ...(version >= 15
        ? [choice("wal_compression", "lz4", "less is written for little work, from 15 on")]
        : []),
    ];
    const text = [heading, ...choices.map(({ setting, value }) => `${setting} = ${value}`), ""].join("\n");
    const folder = `/etc/postgresql/${version}/${given.cluster}`;
    const unit = `postgresql@${version}-${given.cluster}.service`;
    return {
      files: [{ path: `${folder}/conf.d/60-roost.conf`, mode: "0644", text }],
      choices,
      validator: {
        program: `/usr/lib/postgresql/${version}/bin/postgres`,
        arguments: ["-C", "shared_buffers", "-D", folder],
        scope: "whole",
      },
      // Its memory is taken at the start alone.
      refresh: [{ how: "restart", unit }],
      shows: [{ unit, program: "runuser", arguments: logIn(version, given.cluster), text: "1" }],
    };
  },
});

/** That it runs is not enough: a login and a query have to work too. */
function logIn(version: number, cluster: string): string[] {
  return ["-u", "postgres", "--", "psql", "--cluster", `${version}/${cluster}`, "-XAtc", "SELECT 1"];
}

function choice(setting: string, value: string | number, reason: string): Choice {
  return { setting, value: String(value), reason };
}

/** In the largest unit that keeps three digits; PostgreSQL's kB are 1024 bytes. */
function bytes(value: number): string {
  return value >= 100 * mebibyte ? `${Math.floor(value / mebibyte)}MB` : `${Math.floor(value / 1024)}kB`;
}

function versionOf({ software: { databases, packages } }: Facts): number | undefined {
  const running = /^(\d+)/.exec(databases.postgresql?.version ?? "")?.[1];
  const installed = Object.values(packages).flatMap(({ name, installed }) =>
    installed ? (/^postgresql-(\d+)$/.exec(name)?.[1] ?? []) : [],
  );
  const version = Number(running ?? installed.map(Number).sort((a, b) => b - a)[0]);
  return Number.isInteger(version) ? version : undefined;
}

/** A guest's disk is a network's or a file of its hypervisor: fast, but no NVMe of its own. */
function storageOf(facts: Facts): Storage {
  const folder = facts.software.databases.postgresql?.dataFolders[0] ?? "/var/lib/postgresql";
  const [name, disk] = diskOfPath(facts, folder) ?? [];
  if (name === undefined || disk === undefined) return "ssd";
  const kind = diskClass(name, disk);
  if (kind === "rotating") return "hdd";
  return name.startsWith("nvme") && facts.virtualization.hypervisor === null ? "nvme" : "ssd";
}
