import { type Limits, readLimits } from "./limits.ts";
import { countOfList, type Probe, record, toBytes, toNumber, toPairs } from "./probe.ts";

export interface HardwareFacts {
  cpu: {
    model: string | null;
    vendor: string | null;
    family: string | null;
    stepping: string | null;
    microcode: string | null;
    /** As the kernel calls it, such as x86_64; null before Linux 6.1. */
    architecture: string | null;
    sockets: number;
    cores: number;
    /** Online ones. */
    threads: number;
    addressSizes: string | null;
    flags: string[];
    bugs: string[];
    caches: Record<
      string,
      {
        level: number | null;
        type: string | null;
        bytes: number | null;
        ways: number | null;
        lineBytes: number | null;
        sharedBy: string | null;
      }
    >;
    vulnerabilities: Record<string, string>;
    scaling: {
      driver: string | null;
      governor: string | null;
      governors: string[];
      minimumHertz: number | null;
      maximumHertz: number | null;
    };
    multithreading: string | null;
  };
  memory: {
    totalBytes: number | null;
    swapBytes: number | null;
    hugePageBytes: number | null;
    hugePages: number | null;
    transparentHugePages: Record<string, string>;
    nodes: Record<string, { cpus: string | null; bytes: number | null }>;
  };
  limits: Limits;
  disks: Record<string, Disk>;
  partitions: Record<
    string,
    { bytes: number | null; number: number | null; readOnly: boolean; device: string | null }
  >;
  pci: Record<
    string,
    {
      class: string | null;
      vendor: string | null;
      device: string | null;
      driver: string | null;
      subsystem: string | null;
    }
  >;
  usb: Record<
    string,
    {
      vendor: string | null;
      product: string | null;
      manufacturer: string | null;
      name: string | null;
      megabits: number | null;
    }
  >;
  gpus: { address: string; vendor: string; device: string | null; driver: string | null }[];
  firmware: {
    /** Null: a container, or a machine that was started without either. */
    kind: "uefi" | "bios" | null;
    vendor: string | null;
    version: string | null;
    date: string | null;
    release: string | null;
  };
  machine: {
    vendor: string | null;
    product: string | null;
    version: string | null;
    serial: string | null;
    uuid: string | null;
    family: string | null;
    sku: string | null;
    board: string | null;
    boardVendor: string | null;
    chassis: string | null;
    chassisTag: string | null;
  };
  tpm: number | null;
  sensors: Record<string, number>;
  power: Record<string, Record<string, string>>;
}

export interface Disk {
  bytes: number | null;
  model: string | null;
  vendor: string | null;
  serial: string | null;
  firmware: string | null;
  id: string | null;
  device: string | null;
  rotational: boolean | null;
  removable: boolean;
  readOnly: boolean;
  /** The one in use. */
  scheduler: string | null;
  schedulers: string[];
  logicalBlockBytes: number | null;
  physicalBlockBytes: number | null;
  readAheadBytes: number | null;
  requests: number | null;
  writeCache: string | null;
  discards: boolean | null;
  /** Of the device mapper or of a RAID. */
  layer: string | null;
}

const sectorBytes = 512;
const vendors: Record<string, string> = {
  "8086": "Intel",
  "10DE": "NVIDIA",
  "1002": "AMD",
  "1234": "QEMU",
  "1AF4": "Red Hat",
  "15AD": "VMware",
  "1414": "Microsoft",
  "1B36": "Red Hat",
  "1A03": "ASPEED",
  "102B": "Matrox",
};

export function readHardware(probe: Probe): HardwareFacts {
  const cpu = readCpu(probe);
  const memory = readMemory(probe);
  const block = probe.things(/^\/sys\/class\/block\/([^/]+)\/(.+)$/);
  const disks = [...block].filter(
    ([, files]) => !files.has("partition") && toNumber(firstOf(files, "size")) !== 0,
  );
  const pci = readPci(probe);
  return {
    cpu,
    memory,
    limits: readLimits(probe, cpu.threads, memory.totalBytes),
    disks: record(disks.map(([name, files]) => [name, readDisk(files)])),
    partitions: record(
      [...block]
        .filter(([, files]) => files.has("partition"))
        .map(([name, files]) => [
          name,
          {
            bytes: times(toNumber(firstOf(files, "size")), sectorBytes),
            number: toNumber(firstOf(files, "partition")),
            readOnly: firstOf(files, "ro") === "1",
            device: firstOf(files, "dev"),
          },
        ]),
    ),
    pci,
    usb: record(
      [...probe.things(/^\/sys\/bus\/usb\/devices\/([^/]+)\/(.+)$/)].map(([name, files]) => [
        name,
        {
          vendor: firstOf(files, "idVendor"),
          product: firstOf(files, "idProduct"),
          manufacturer: firstOf(files, "manufacturer"),
          name: firstOf(files, "product"),
          megabits: toNumber(firstOf(files, "speed")),
        },
      ]),
    ),
    // Display controllers are class 03, processing accelerators 12.
    gpus: Object.entries(pci)
      .filter(([, device]) => /^(03|12)/.test(device.class ?? ""))
      .map(([address, { vendor, device, driver }]) => ({
        address,
        vendor: vendors[vendor ?? ""] ?? vendor ?? "unknown",
        device,
        driver,
      })),
    ...readMachine(probe),
    sensors: readSensors(probe),
    power: record(
      [...probe.things(/^\/sys\/class\/power_supply\/([^/]+)\/uevent$/)].map(([name, files]) => [
        name,
        record(toPairs(files.get("") ?? [], "=")),
      ]),
    ),
  };
}

function readCpu(probe: Probe): HardwareFacts["cpu"] {
  const info = probe.lines("/proc/cpuinfo");
  const pairs = toPairs(info, ":");
  const values = (key: string) =>
    info.filter((line) => line.startsWith(key)).map((line) => line.slice(line.indexOf(":") + 1).trim());
  const online = countOfList(probe.text("/sys/devices/system/cpu/online"));
  const threads = online ?? Math.max(1, values("processor").length);
  const places = [...probe.things(/^\/sys\/devices\/system\/cpu\/(cpu\d+)\/topology\/(.+)$/).values()].map(
    (files) => ({
      socket: firstOf(files, "physical_package_id"),
      core: firstOf(files, "core_id"),
    }),
  );
  const sockets =
    new Set(places.map(({ socket }) => socket)).size || new Set(values("physical id")).size || 1;
  const cores = new Set(places.map(({ socket, core }) => `${socket} ${core}`)).size;
  const perSocket = toNumber(pairs.get("cpu cores"));
  const base = "/sys/devices/system/cpu";
  return {
    model: pairs.get("model name") ?? pairs.get("Model") ?? pairs.get("CPU part") ?? null,
    vendor: pairs.get("vendor_id") ?? pairs.get("CPU implementer") ?? null,
    family: pairs.get("cpu family") ?? pairs.get("CPU architecture") ?? null,
    stepping: pairs.get("stepping") ?? pairs.get("CPU revision") ?? null,
    microcode: pairs.get("microcode") ?? null,
    architecture: probe.text("/proc/sys/kernel/arch"),
    sockets,
    cores: cores || (perSocket === null ? threads : perSocket * sockets),
    threads,
    addressSizes: pairs.get("address sizes") ?? null,
    flags: words(pairs.get("flags") ?? pairs.get("Features")),
    bugs: words(pairs.get("bugs")),
    caches: record(
      [...probe.things(/^\/sys\/devices\/system\/cpu\/cpu0\/cache\/([^/]+)\/(.+)$/)].map(([name, files]) => [
        name,
        {
          level: toNumber(firstOf(files, "level")),
          type: firstOf(files, "type"),
          bytes: toBytes(firstOf(files, "size")),
          ways: toNumber(firstOf(files, "ways_of_associativity")),
          lineBytes: toNumber(firstOf(files, "coherency_line_size")),
          sharedBy: firstOf(files, "shared_cpu_list"),
        },
      ]),
    ),
    vulnerabilities: record(
      [...probe.things(/^\/sys\/devices\/system\/cpu\/vulnerabilities\/([^/]+)$/)].map(([name, files]) => [
        name,
        firstOf(files, "") ?? "",
      ]),
    ),
    scaling: {
      driver: probe.text(`${base}/cpu0/cpufreq/scaling_driver`),
      governor: probe.text(`${base}/cpu0/cpufreq/scaling_governor`),
      governors: words(probe.text(`${base}/cpu0/cpufreq/scaling_available_governors`)),
      minimumHertz: times(probe.number(`${base}/cpu0/cpufreq/scaling_min_freq`), 1000),
      maximumHertz: times(probe.number(`${base}/cpu0/cpufreq/scaling_max_freq`), 1000),
    },
    multithreading: probe.text(`${base}/smt/control`),
  };
}

function readMemory(probe: Probe): HardwareFacts["memory"] {
  const info = probe.pairs("/proc/meminfo");
  const nodes = probe.things(/^\/sys\/devices\/system\/node\/(node\d+)\/(.+)$/);
  const pages = probe.things(/^\/sys\/kernel\/mm\/transparent_hugepage\/([^/]+)$/);
  return {
    totalBytes: toBytes(info.get("MemTotal")),
    swapBytes: toBytes(info.get("SwapTotal")),
    hugePageBytes: toBytes(info.get("Hugepagesize")),
    hugePages: toNumber(info.get("HugePages_Total")),
    transparentHugePages: record([...pages].map(([name, files]) => [name, chosen(firstOf(files, "")) ?? ""])),
    nodes: record(
      [...nodes].map(([name, files]) => {
        const total = files.get("meminfo")?.find((line) => line.includes("MemTotal:"));
        return [
          name,
          { cpus: firstOf(files, "cpulist"), bytes: toBytes(total?.split("MemTotal:")[1]?.trim()) },
        ];
      }),
    ),
  };
}

function readDisk(files: Map<string, string[]>): Disk {
  const first = (leaf: string) => firstOf(files, leaf);
  const rotational = first("queue/rotational");
  const discard = toNumber(first("queue/discard_max_bytes"));
  return {
    bytes: times(toNumber(first("size")), sectorBytes),
    model: first("device/model"),
    vendor: first("device/vendor"),
    serial: first("device/serial"),
    firmware: first("device/firmware_rev") ?? first("device/rev"),
    id: first("wwid"),
    device: first("dev"),
    rotational: rotational === null ? null : rotational === "1",
    removable: first("removable") === "1",
    readOnly: first("ro") === "1",
    scheduler: chosen(first("queue/scheduler")),
    schedulers: words(first("queue/scheduler")?.replaceAll(/[[\]]/g, "")),
    logicalBlockBytes: toNumber(first("queue/logical_block_size")),
    physicalBlockBytes: toNumber(first("queue/physical_block_size")),
    readAheadBytes: times(toNumber(first("queue/read_ahead_kb")), 1024),
    requests: toNumber(first("queue/nr_requests")),
    writeCache: first("queue/write_cache"),
    discards: discard === null ? null : discard > 0,
    layer: first("dm/name") ?? first("md/level"),
  };
}

function readPci(probe: Probe): HardwareFacts["pci"] {
  const devices = probe.things(/^\/sys\/bus\/pci\/devices\/([^/]+)\/uevent$/);
  return record(
    [...devices].map(([address, files]) => {
      const event = toPairs(files.get("") ?? [], "=");
      const [vendor = null, device = null] = event.get("PCI_ID")?.split(":") ?? [];
      const kind = event.get("PCI_CLASS")?.padStart(6, "0") ?? null;
      return [
        address,
        {
          class: kind,
          vendor,
          device,
          driver: event.get("DRIVER") ?? null,
          subsystem: event.get("PCI_SUBSYS_ID") ?? null,
        },
      ];
    }),
  );
}

function readMachine(probe: Probe): Pick<HardwareFacts, "firmware" | "machine" | "tpm"> {
  const dmi = (name: string) => probe.text(`/sys/class/dmi/id/${name}`);
  const tpm = [...probe.things(/^\/sys\/class\/tpm\/(tpm\d+)\/tpm_version_major$/).values()][0];
  return {
    firmware: {
      kind: probe.section("present").includes("/sys/firmware/efi")
        ? "uefi"
        : dmi("bios_vendor")
          ? "bios"
          : null,
      vendor: dmi("bios_vendor"),
      version: dmi("bios_version"),
      date: dmi("bios_date"),
      release: dmi("bios_release"),
    },
    machine: {
      vendor: dmi("sys_vendor"),
      product: dmi("product_name"),
      version: dmi("product_version"),
      serial: dmi("product_serial"),
      uuid: dmi("product_uuid"),
      family: dmi("product_family"),
      sku: dmi("product_sku"),
      board: dmi("board_name"),
      boardVendor: dmi("board_vendor"),
      chassis: dmi("chassis_type"),
      chassisTag: dmi("chassis_asset_tag"),
    },
    tpm: tpm ? toNumber(firstOf(tpm, "")) : null,
  };
}

/** In the kernel's units: thousandths of a degree, of a volt; turns a minute. */
function readSensors(probe: Probe): Record<string, number> {
  const found: [string, number][] = [];
  for (const [chip, files] of probe.things(/^\/sys\/class\/hwmon\/(hwmon\d+)\/(.+)$/)) {
    for (const leaf of files.keys()) {
      const value = toNumber(firstOf(files, leaf));
      const label = firstOf(files, leaf.replace(/_input$/, "_label")) ?? leaf.replace(/_input$/, "");
      if (leaf.endsWith("_input") && value !== null)
        found.push([`${firstOf(files, "name") ?? chip} ${label}`, value]);
    }
  }
  for (const [zone, files] of probe.things(/^\/sys\/class\/thermal\/(thermal_zone\d+)\/(.+)$/)) {
    const value = toNumber(firstOf(files, "temp"));
    if (value !== null) found.push([`${zone} ${firstOf(files, "type") ?? ""}`.trim(), value]);
  }
  return record(found);
}

function firstOf(files: Map<string, string[]>, leaf: string): string | null {
  return files.get(leaf)?.[0]?.trim() || null;
}

/** What stands in brackets: `none [mq-deadline]`; else the whole. */
function chosen(text: string | null): string | null {
  return /\[([^\]]*)\]/.exec(text ?? "")?.[1] ?? text;
}

function times(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

function words(text: string | null | undefined): string[] {
  return text ? text.split(/\s+/).filter(Boolean) : [];
}
