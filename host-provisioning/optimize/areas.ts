import type { Facts } from "../facts/index.ts";
import { realDisks } from "./disks.ts";
import { hostKind } from "./host-kind.ts";
import type { ProfileName, ValueName } from "./profiles.ts";
import { type Operator, type Setting, sysctl } from "./settings.ts";
import { sources } from "./sources.ts";

/** What can be tuned by itself. */
export const areaNames = ["kernel", "memory", "disk", "network"] as const;
export type AreaName = (typeof areaNames)[number];

export const areaOfValue: Record<ValueName, AreaName> = {
  cpu_governor: "kernel",
  file_max: "kernel",
  swappiness: "memory",
  disk_scheduler: "disk",
  tcp_congestion: "network",
};

/** Which area a file of /proc/sys or /sys is of. */
export function areaOfPath(path: string): AreaName {
  if (path.startsWith("/sys/block/")) return "disk";
  if (path.startsWith("/proc/sys/net/")) return "network";
  return /^\/(proc\/sys\/vm|sys\/kernel\/mm)\//.test(path) ? "memory" : "kernel";
}

const mebibyte = 1024 ** 2;

/**
 * What a profile sets beside its named values, after tuned's profiles throughput-performance,
 * latency-performance, powersave and postgresql. None in a container, whose kernel is not its own. Pure.
 */
export function additions(profile: ProfileName, area: AreaName, facts: Facts): Setting[] {
  if (hostKind(facts) === "container") return [];
  return makers[area](profile, facts);
}

const makers: Record<AreaName, (profile: ProfileName, facts: Facts) => Setting[]> = {
  kernel: power,
  memory: (profile, facts) => [...writeBack(profile, facts), ...pages(facts)],
  disk: readAhead,
  network,
};

/** Boost costs the most for what it gives: off on battery. The file depends on the driver. */
function power(profile: ProfileName, facts: Facts): Setting[] {
  const { driver } = facts.hardware.cpu.scaling;
  if (profile !== "laptop_battery" || driver === null || hostKind(facts) !== "bare") return [];
  const [path, value] =
    driver === "intel_pstate" || driver === "intel_cpufreq"
      ? ["/sys/devices/system/cpu/intel_pstate/no_turbo", "1"]
      : ["/sys/devices/system/cpu/cpufreq/boost", "0"];
  const reason = "The highest frequencies cost the most energy for what they do.";
  return [{ path, operator: "equal", value, reason, source: sources.intelPstate }];
}

/** How much written data may wait in memory. */
function writeBack(profile: ProfileName, { software: { databases } }: Facts): Setting[] {
  const set = (name: string, operator: Operator, value: number, reason: string) =>
    sysctl(`vm.${name}`, operator, value, reason, sources.tuned);
  if (databases.postgresql) {
    const reason = "A checkpoint of PostgreSQL must not find gigabytes that wait to be written.";
    return [
      set("dirty_bytes", "equal", 512 * mebibyte, reason),
      set("dirty_background_bytes", "equal", 64 * mebibyte, reason),
    ];
  }
  if (profile === "laptop_battery")
    return [
      set("dirty_writeback_centisecs", "atLeast", 1500, "The disk is woken every 15 seconds, not every 5."),
    ];
  const [most, background, reason] =
    profile === "server_production"
      ? [40, 10, "More is written at once, in better order."]
      : [10, 3, "Writing starts early, so that nobody waits for a lot of it."];
  return [
    set("dirty_ratio", "equal", most, reason),
    set("dirty_background_ratio", "equal", background, reason),
  ];
}

function pages({ software: { databases } }: Facts): Setting[] {
  const path = "/sys/kernel/mm/transparent_hugepage/enabled";
  const overcommit = databases.redis
    ? [
        sysctl(
          "vm.overcommit_memory",
          "equal",
          1,
          "Redis saves from a fork, for which the kernel must not ask for the whole memory twice.",
          "https://redis.io/docs/latest/operate/oss_and_stack/management/admin/",
        ),
      ]
    : [];
  if (databases.postgresql) {
    const reason =
      "PostgreSQL has huge pages of its own; transparent ones stall it when they are put together.";
    return [...overcommit, { path, operator: "equal", value: "never", reason, source: sources.tuned }];
  }
  if (databases.redis) {
    const reason = "After a fork each write of Redis would copy a huge page.";
    return [...overcommit, { path, operator: "equal", value: "madvise", reason, source: sources.hugePages }];
  }
  return overcommit;
}

function readAhead(profile: ProfileName, facts: Facts): Setting[] {
  if (profile !== "server_production" || Object.keys(facts.software.databases).length > 0) return [];
  return realDisks(facts).map(([name]) => ({
    path: `/sys/block/${name.replaceAll("/", "!")}/queue/read_ahead_kb`,
    operator: "atLeast",
    value: "4096",
    reason: "Files are read from end to end: larger reads, fewer of them. Not on hosts of databases.",
    source: sources.tuned,
  }));
}

function network(profile: ProfileName): Setting[] {
  if (profile !== "server_production") return [];
  const most = 16 * mebibyte;
  const buffers = "16 MiB keep a fast and far connection full; the kernel takes them only where needed.";
  return [
    sysctl(
      "net.core.somaxconn",
      "atLeast",
      2048,
      "Bursts of new connections wait instead of being refused.",
      sources.tuned,
    ),
    sysctl("net.core.rmem_max", "atLeast", most, buffers, sources.net),
    sysctl("net.core.wmem_max", "atLeast", most, buffers, sources.net),
    sysctl("net.ipv4.tcp_rmem", "atLeast", `4096 131072 ${most}`, buffers, sources.ip),
    sysctl("net.ipv4.tcp_wmem", "atLeast", `4096 16384 ${most}`, buffers, sources.ip),
  ];
}
