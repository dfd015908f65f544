export const profileNames = ["laptop_battery", "desktop_performance", "server_production"] as const;
export type ProfileName = (typeof profileNames)[number];
export const valueNames = [
  "cpu_governor",
  "swappiness",
  "disk_scheduler",
  "tcp_congestion",
  "file_max",
] as const;
export type ValueName = (typeof valueNames)[number];

/** What a host is tuned for. Its values are asked for by name; what becomes of each is judged on the host. */
export interface Profile {
  name: ProfileName;
  summary: string;
  /** As asked: `judge` tells what is right of it on a given host. */
  values: Partial<Record<ValueName, string>>;
}

export const profiles: readonly Profile[] = [
  {
    name: "laptop_battery",
    summary: "Long life on battery: the processor follows the load, the disk is woken seldom",
    values: { cpu_governor: "powersave", swappiness: "10", disk_scheduler: "noop" },
  },
  {
    name: "desktop_performance",
    summary: "Short waits for the person in front of it",
    values: {
      cpu_governor: "performance",
      swappiness: "1",
      disk_scheduler: "kyber",
      tcp_congestion: "bbr",
    },
  },
  {
    name: "server_production",
    summary: "Steady throughput for many clients",
    values: {
      cpu_governor: "performance",
      swappiness: "0",
      disk_scheduler: "none",
      tcp_congestion: "cubic",
      file_max: "2097152",
    },
  },
];

export function profileOf(name: ProfileName): Profile {
  return profiles.find((profile) => profile.name === name) as Profile;
}
