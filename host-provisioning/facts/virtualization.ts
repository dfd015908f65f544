import type { Probe } from "./probe.ts";

export interface VirtualizationFacts {
  /** What the kernel runs on; null: the bare machine. */
  hypervisor: string | null;
  /** What this login is inside of; null: no container. */
  container: string | null;
  /** By what firmware says alone: no metadata service is asked. */
  cloud: { provider: string; product: string | null; bareMetal: boolean } | null;
  /** What the answers rest on. */
  evidence: string[];
  /** Guests can be run here. */
  kvm: boolean;
}

/** First match wins. Sources: cloud-init's ds-identify and the clouds' own pages on identifying instances. */
const clouds: [provider: string, field: string, pattern: RegExp][] = [
  ["aws", "sys_vendor", /^Amazon EC2$/],
  ["aws", "bios_vendor", /^Amazon EC2$/],
  ["aws", "product_uuid", /^ec2/i],
  // The same number with the first group's bytes the other way round.
  ["aws", "product_uuid", /^[0-9a-f]{4}2[0-9a-f]ec-/i],
  ["azure", "chassis_asset_tag", /^7783-7084-3265-9085-8269-3286-77$/],
  ["gcp", "product_name", /^Google Compute Engine$/],
  ["gcp", "product_serial", /^GoogleCloud-/],
  ["oracle", "chassis_asset_tag", /^OracleCloud\.com$/],
  ["digitalocean", "sys_vendor", /^DigitalOcean$/],
  ["hetzner", "sys_vendor", /^Hetzner$/],
  ["vultr", "sys_vendor", /^Vultr$/],
  ["scaleway", "sys_vendor", /^Scaleway$/],
  ["upcloud", "sys_vendor", /^UpCloud$/],
  ["akamai", "sys_vendor", /^(Linode|Akamai)$/],
  ["alibaba", "product_name", /^Alibaba Cloud ECS$/],
  ["exoscale", "product_name", /^Exoscale/],
  ["openstack", "product_name", /^OpenStack (Nova|Compute)$/],
];

/** As systemd-detect-virt(1) names them. */
const hypervisors: [name: string, field: string, pattern: RegExp][] = [
  ["xen", "hypervisor", /^xen$/],
  ["vmware", "sys_vendor", /^VMware/],
  ["oracle", "sys_vendor", /^innotek/],
  ["oracle", "board_vendor", /^Oracle Corporation$/],
  ["microsoft", "sys_vendor", /^Microsoft Corporation$/],
  ["parallels", "sys_vendor", /^Parallels/],
  ["bhyve", "bios_vendor", /^BHYVE/],
  ["apple", "product_name", /^Apple Virtualization/],
  ["kvm", "product_name", /^(KVM|Google Compute Engine|OpenStack (Nova|Compute)|Alibaba Cloud ECS)/],
  ["qemu", "sys_vendor", /^QEMU/],
  ["qemu", "bios_vendor", /^(SeaBIOS|EDK II)/],
  ["kvm", "sys_vendor", /^(Amazon EC2|DigitalOcean|Hetzner|Vultr|Scaleway|UpCloud|Linode|Akamai)$/],
];

export function readVirtualization(probe: Probe, flags: string[]): VirtualizationFacts {
  const evidence: string[] = [];
  const value = (field: string) =>
    probe.text(field === "hypervisor" ? "/sys/hypervisor/type" : `/sys/class/dmi/id/${field}`);
  const find = (table: typeof clouds) =>
    table.find(([, field, pattern]) => {
      const text = value(field);
      const isIt = text !== null && pattern.test(text);
      if (isIt) evidence.push(`${field} ${text}`);
      return isIt;
    })?.[0] ?? null;
  const product = value("product_name");
  const provider = find(clouds);
  const bareMetal = provider === "aws" && /\.metal(-|$)/.test(product ?? "");
  const isGuest = flags.includes("hypervisor");
  if (isGuest) evidence.push("the processor's hypervisor flag");
  return {
    hypervisor: bareMetal ? null : (find(hypervisors) ?? (isGuest ? "unknown" : null)),
    container: readContainer(probe, evidence),
    cloud: provider === null ? null : { provider, product, bareMetal },
    evidence: [...new Set(evidence)],
    kvm: probe.section("present").includes("/dev/kvm"),
  };
}

/** @see https://systemd.io/CONTAINER_INTERFACE/ */
function readContainer(probe: Probe, evidence: string[]): string | null {
  const named =
    /^container=([a-z0-9-]+)/.exec(probe.text("/proc/1/environ") ?? "")?.[1] ??
    probe.text("/run/systemd/container");
  if (named !== null) {
    evidence.push(`container=${named}`);
    return named;
  }
  const present = new Set(probe.section("present"));
  for (const [path, name] of [
    ["/run/.containerenv", "podman"],
    ["/.dockerenv", "docker"],
  ] as const) {
    if (!present.has(path)) continue;
    evidence.push(path);
    return name;
  }
  if (present.has("/proc/vz") && !present.has("/proc/bc")) return "openvz";
  if (/microsoft/i.test(probe.text("/proc/sys/kernel/osrelease") ?? "")) {
    evidence.push("kernel release");
    return "wsl";
  }
  return null;
}
