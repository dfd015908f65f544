/** Kernel settings that are asked for often and never set, with the reason and where it can be read up. */
const never: readonly [name: RegExp, reason: string, source: string][] = [
  [
    /^net\.ipv4\.tcp_tw_recycle$/,
    "It broke clients behind address translation, and is gone since Linux 4.12.",
    "https://git.kernel.org/torvalds/c/4396e46187ca5070219b81773c4e65088dac50cc",
  ],
  [
    /^kernel\.sched_(?!autogroup_enabled$|rt_|energy_aware$|schedstats$)/,
    "The scheduler's parameters moved to debugfs in Linux 5.13, and are no settings any more.",
    "https://git.kernel.org/torvalds/c/8a99b6833c884fa0e7919030d93fecedc69fc625",
  ],
  [
    /^net\.ipv4\.(tcp|udp)_mem$/,
    "The kernel works it out from the memory; a fixed number is wrong after the next change of it.",
    "https://docs.kernel.org/networking/ip-sysctl.html",
  ],
  [
    /^net\.ipv6\.conf\..+\.disable_ipv6$/,
    "Programs that listen on ::1 fail without it; it speeds nothing up.",
    "https://docs.kernel.org/networking/ipv6.html",
  ],
  [
    /^vm\.drop_caches$/,
    "An order, no setting: what was in memory is read from disk again.",
    "https://docs.kernel.org/admin-guide/sysctl/vm.html",
  ],
];

/** Why a kernel setting is never set; undefined: it may be. */
export function whyNever(name: string): { reason: string; source: string } | undefined {
  const entry = never.find(([pattern]) => pattern.test(name));
  return entry && { reason: entry[1], source: entry[2] };
}
