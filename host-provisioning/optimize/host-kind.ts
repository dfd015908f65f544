import type { Facts } from "../facts/index.ts";

/** Who owns the kernel and the devices: this host; a hypervisor below it; whoever started the container. */
export type HostKind = "bare" | "guest" | "container";

export function hostKind({ virtualization: { container, hypervisor } }: Facts): HostKind {
  if (container !== null) return "container";
  return hypervisor === null ? "bare" : "guest";
}

/** Major and minor number of the kernel; 0.0 when it does not say. */
export function kernelOf({ system }: Facts): [major: number, minor: number] {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(system.kernel.release ?? "") ?? [];
  return [Number(major ?? 0), Number(minor ?? 0)];
}

export function isKernelAtLeast(facts: Facts, major: number, minor: number): boolean {
  const [hasMajor, hasMinor] = kernelOf(facts);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}
