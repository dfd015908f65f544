import type { Facts } from "../facts/index.ts";

export type Disk = Facts["hardware"]["disks"][string];
/** fast: many queues of its own, or a hypervisor that schedules below. */
export type DiskClass = "fast" | "solid" | "rotating";

/** Real disks: what is no layer over others, no memory and no removable drive. */
export function realDisks({ hardware }: Facts): [name: string, disk: Disk][] {
  return Object.entries(hardware.disks).filter(
    ([name, { layer, removable }]) =>
      layer === null && !removable && !/^(loop|ram|zram|dm-|md|sr|fd|nbd|mtdblock)/.test(name),
  );
}

export function diskClass(name: string, { rotational }: Pick<Disk, "rotational">): DiskClass {
  if (/^(nvme|vd|xvd)/.test(name)) return "fast";
  return rotational ? "rotating" : "solid";
}

/** What can be told which blocks are free: removable disks and files that are mounted as disks too. */
export function disksBelow({ hardware }: Facts): [name: string, disk: Disk][] {
  return Object.entries(hardware.disks).filter(([, { layer }]) => layer === null);
}

/**
 * The disk whose partition, or which itself, is this device; undefined behind layers.
 * @param disks to look among. Default: real ones.
 */
export function diskOfDevice(
  facts: Facts,
  device: string,
  disks = realDisks(facts),
): [name: string, disk: Disk] | undefined {
  const name = device.replace(/^\/dev\//, "");
  return disks.find(([disk]) => {
    const rest = name.startsWith(disk) ? name.slice(disk.length) : undefined;
    return rest !== undefined && (rest === "" || (/\d$/.test(disk) ? /^p\d+$/ : /^\d+$/).test(rest));
  });
}

/** The disk that a path lies on, by what is mounted nearest above it. */
export function diskOfPath(facts: Facts, path: string): [name: string, disk: Disk] | undefined {
  const above = Object.keys(facts.system.mounts)
    .filter((point) => point === "/" || path === point || path.startsWith(`${point}/`))
    .sort((a, b) => b.length - a.length)[0];
  const mount = above === undefined ? undefined : facts.system.mounts[above];
  return mount && diskOfDevice(facts, mount.device);
}
