import type { Facts } from "../../../host-provisioning/facts/index.ts";
import { factsFrom, factsOf } from "../facts/captured.ts";

const queue = (disk: string, files: Record<string, string>): string[] =>
  Object.entries(files).map(([file, text]) => `/sys/class/block/${disk}/${file}:${text}`);

/** A machine of its own with an NVMe, a SATA and a rotating disk, a memory stick and swap on disk. */
export function bareHost(driver = "intel_pstate", governors = "performance powersave"): Facts {
  return factsFrom(
    "/proc/sys/kernel/osrelease:6.1.0-30-amd64",
    "/proc/meminfo:MemTotal:       16384000 kB",
    "/proc/swaps:Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority",
    "/proc/swaps:/dev/nvme0n1p3                          partition\t8388604\t\t0\t\t-2",
    "/sys/devices/system/cpu/online:0-7",
    `/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver:${driver}`,
    `/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor:powersave`,
    `/sys/devices/system/cpu/cpu0/cpufreq/scaling_available_governors:${governors}`,
    "/proc/sys/vm/swappiness:60",
    "/proc/sys/fs/file-max:1620000",
    "/proc/sys/net/ipv4/tcp_congestion_control:cubic",
    "/proc/sys/net/ipv4/tcp_available_congestion_control:reno cubic",
    ...queue("nvme0n1", {
      size: "1000215216",
      "queue/rotational": "0",
      "queue/scheduler": "[none] mq-deadline",
    }),
    ...queue("sda", { size: "500118192", "queue/rotational": "0", "queue/scheduler": "none [mq-deadline]" }),
    ...queue("sdb", { size: "7814037168", "queue/rotational": "1", "queue/scheduler": "none [mq-deadline]" }),
    ...queue("sdc", {
      size: "60000000",
      removable: "1",
      "queue/rotational": "1",
      "queue/scheduler": "[mq-deadline]",
    }),
    ...queue("dm-0", { size: "1000", "dm/name": "root", "queue/scheduler": "none" }),
  );
}

/** Debian 12 on a virtual machine of AWS, with PostgreSQL, and swap in a file. */
export function guestHost(): Facts {
  return factsOf("debian-12-aws");
}

/** Alpine in a container of podman. */
export function containerHost(): Facts {
  return factsOf("alpine-3-container");
}
