import type { Facts } from "../facts/facts.ts";
import { cell, code, list, plain, row, type Section, section, table } from "./markup.ts";

const listedPrograms = 200;

/** What a machine is made of, how full it is, what runs and listens. Pure. */
export function machineSections(facts: Facts): Section[] {
  const { details } = facts;
  return [
    section("machine", "Machine", machineOf(facts)),
    ...(details ? [section("filesystems", "Room on filesystems", roomOf(details))] : []),
    section("network", "Network", networkOf(facts)),
    section("ports", "Open ports", portsOf(facts)),
    section("programs", "Programs that run", programsOf(facts)),
    ...(details?.failedUnits.length
      ? [
          section(
            "failed",
            "Failed units",
            table(
              ["Unit"],
              details.failedUnits.map((name) => row([name])),
            ),
          ),
        ]
      : []),
  ];
}

function machineOf({ hardware, virtualization, system, software, services }: Facts): string {
  const { cpu, memory, limits, disks, machine, firmware } = hardware;
  const { cloud, hypervisor, container } = virtualization;
  const usable = (of: string | null, all: string | null) => (of === all ? "" : `, ${of} usable`);
  const place = [
    cloud?.provider,
    hypervisor === "unknown" ? "an unknown hypervisor" : hypervisor,
    container && `a container of ${container}`,
  ].filter(Boolean);
  const packages = Object.values(software.packages).filter(({ installed }) => installed).length;
  const units = Object.values(services.services);
  return list([
    ["Name", system.hostname],
    ["Kernel", `Linux ${system.kernel.release ?? "unknown"} ${cpu.architecture ?? ""}`.trim()],
    ["Runs on", place.join(", ") || "the bare machine"],
    ["Product", [machine.vendor, machine.product, machine.version].filter(Boolean).join(" ")],
    [
      "Firmware",
      firmware.kind && [firmware.kind, firmware.vendor, firmware.version].filter(Boolean).join(" "),
    ],
    [
      "Processor",
      `${cpu.model ?? "unknown"}, ${cpu.threads} threads on ${cpu.cores} cores${usable(String(limits.cpus), String(cpu.threads))}`,
    ],
    [
      "Memory",
      `${bytesText(memory.totalBytes) ?? "unknown"}${usable(bytesText(limits.memoryBytes), bytesText(memory.totalBytes))}${memory.swapBytes ? `, ${bytesText(memory.swapBytes)} swap` : ""}`,
    ],
    [
      "Disks",
      Object.entries(disks)
        .map(([name, disk]) => [name, bytesText(disk.bytes), disk.model].filter(Boolean).join(" "))
        .join(", "),
    ],
    ["Graphics", hardware.gpus.map(({ vendor, device }) => `${vendor} ${device ?? ""}`.trim()).join(", ")],
    ["Started", system.bootedAt],
    ["Restart needed", system.rebootRequired ? "yes" : null],
    ["Packages", `${packages} of ${software.manager ?? "no package manager"}`],
    [
      "Services",
      `${units.length} known to ${services.manager}, ${units.filter(({ enabled }) => enabled).length} enabled`,
    ],
    ["Databases", namesAndVersions(software.databases)],
    ["Container runtimes", namesAndVersions(software.runtimes)],
  ]);
}

function namesAndVersions(things: Record<string, { version: string | null }>): string {
  return Object.entries(things)
    .map(([name, { version }]) => [name, version].filter(Boolean).join(" "))
    .join(", ");
}

function roomOf({ filesystems }: NonNullable<Facts["details"]>): string {
  const rows = Object.entries(filesystems)
    .filter(([point, { bytes }]) => bytes > 0 && !/^\/(proc|sys|dev|run)(\/|$)/.test(point))
    .map(([point, { bytes, availableBytes, usedPercent }]) => {
      const used = usedPercent ?? 0;
      const meter = `<meter min="0" max="100" high="85" optimum="0" value="${used}">${used} %</meter>`;
      const sizes = [bytes, availableBytes].map((each) => `<td class="short">${bytesText(each)}</td>`);
      return `<tr>${code(point)}${sizes.join("")}<td class="short">${meter} ${used} %</td></tr>`;
    });
  return table(["Mounted at", "Size", "Available", "Used"], rows);
}

function networkOf({ network }: Facts): string {
  const rows = Object.entries(network.interfaces)
    .filter(([, { addresses, state }]) => addresses.length > 0 || state === "up")
    .map(([name, { kind, state, mac, addresses, megabits }]) =>
      row([name, kind, state ?? "", addresses.join("\n"), mac ?? "", megabits ? `${megabits} Mbit/s` : ""]),
    );
  const gateways = network.routes.filter(({ gateway }) => gateway !== null);
  const ways = gateways.map(
    ({ destination, gateway, interface: by }) => `${destination} by ${gateway} (${by})`,
  );
  const told = list([
    ["Ways out", ways.join(", ")],
    ["Name servers", network.resolver.servers.join(", ")],
  ]);
  return `${table(["Interface", "Kind", "State", "Addresses", "MAC", "Speed"], rows)}\n${told}`;
}

/** Those that most can reach come first. */
function portsOf({ network }: Facts): string {
  const scopes = { any: 0, public: 1, private: 2, loopback: 3 };
  const rows = [...network.ports]
    .sort((a, b) => scopes[a.scope] - scopes[b.scope] || a.port - b.port)
    .map(({ protocol, port, address, scope, process, package: owner, unit }) =>
      row([`${protocol}/${port}`, address, scope, process ?? "unknown", owner ?? "", unit ?? ""]),
    );
  return table(["Port", "Address", "Reached from", "Process", "Package", "Unit"], rows);
}

function programsOf({ software }: Facts): string {
  const all = Object.entries(software.applications);
  const rows = all.slice(0, listedPrograms).map(([path, one]) => {
    const origin = [one.package, one.version].filter(Boolean).join(" ") || "no package";
    const cells = [origin, one.users.join(", "), one.listens.join("\n"), String(one.dependencies.length)];
    return `<tr>${code(path)}${cells.map(cell).join("")}</tr>`;
  });
  const more =
    all.length > listedPrograms ? `<p>${plain(`… and ${all.length - listedPrograms} more.`)}</p>` : "";
  return `${table(["Program", "Package", "Users", "Listens", "Needs packages"], rows)}${more}`;
}

/** In powers of 1000, as disks are sold and Roost's command line tells them. */
function bytesText(bytes: number | null): string | null {
  if (bytes === null) return null;
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
