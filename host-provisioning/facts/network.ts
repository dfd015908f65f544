import { ipv4Of, ipv6Of, isWithin, prefixOf } from "./addresses.ts";
import { type Probe, record, toNumber, toPairs } from "./probe.ts";
import type { Process } from "./processes.ts";
import { type Peer, type Port, readSockets } from "./sockets.ts";

const mostDirectRoutes = 1000;

export interface Interface {
  mac: string | null;
  mtu: number | null;
  state: string | null;
  kind: "loopback" | "ethernet" | "bridge" | "bond" | "vlan" | "wireless" | "tunnel" | "virtual";
  megabits: number | null;
  duplex: string | null;
  carrier: boolean | null;
  driver: string | null;
  alias: string | null;
  queue: number | null;
  addresses: string[];
}

export interface NetworkFacts {
  hostname: string | null;
  /** The whole name, by the host's own /etc/hosts: no name server is asked; null: it has none there. */
  fqdn: string | null;
  interfaces: Record<string, Interface>;
  routes: { destination: string; gateway: string | null; interface: string; metric: number }[];
  neighbours: { address: string; mac: string; interface: string }[];
  resolver: { servers: string[]; search: string[]; options: string[] };
  hosts: Record<string, string[]>;
  ports: Port[];
  peers: Peer[];
}

export function readNetwork(
  probe: Probe,
  processes: Record<string, Process>,
  owners: Map<string, string>,
): NetworkFacts {
  const routes = [...readRoutes(probe), ...readRoutes6(probe)];
  const resolver = probe.lines("/etc/resolv.conf").map((line) => line.trim().split(/\s+/));
  const of = (word: string) => resolver.filter(([first]) => first === word).flatMap(([, ...rest]) => rest);
  const hostname = probe.text("/proc/sys/kernel/hostname");
  const hosts = readHosts(probe);
  return {
    hostname,
    fqdn: fqdnOf(hostname, hosts),
    interfaces: readInterfaces(probe, routes),
    routes,
    neighbours: probe
      .lines("/proc/net/arp")
      .slice(1)
      .flatMap((line) => {
        const [address, , flags, mac, , name] = line.split(/\s+/);
        // Flag 2: known, not only asked for.
        const isKnown = (Number(flags) & 2) !== 0;
        return address && mac && name && isKnown ? [{ address, mac, interface: name }] : [];
      }),
    resolver: {
      servers: of("nameserver"),
      search: [...of("search"), ...of("domain")],
      options: of("options"),
    },
    hosts,
    ...readSockets(probe, processes, owners),
  };
}

function readHosts(probe: Probe): NetworkFacts["hosts"] {
  return record(
    probe
      .lines("/etc/hosts")
      .map((line) => (line.split("#")[0] as string).trim().split(/\s+/))
      .filter(([address, name]) => address && name)
      .map(([address = "", ...names]) => [address, names]),
  );
}

function fqdnOf(hostname: string | null, hosts: NetworkFacts["hosts"]): string | null {
  if (hostname === null || hostname.includes(".")) return hostname;
  const names = Object.values(hosts).flat();
  return names.find((name) => name.startsWith(`${hostname}.`)) ?? null;
}

function readInterfaces(probe: Probe, routes: NetworkFacts["routes"]): Record<string, Interface> {
  const found = probe.things(/^\/sys\/class\/net\/([^/]+)\/(.+)$/);
  const addresses = readAddresses(probe, routes);
  return record(
    [...found].map(([name, files]) => {
      const first = (leaf: string) => files.get(leaf)?.[0]?.trim() || null;
      const carrier = first("carrier");
      const speed = toNumber(first("speed"));
      return [
        name,
        {
          mac: first("address"),
          mtu: toNumber(first("mtu")),
          state: first("operstate"),
          kind: kindOf(name, files),
          // -1: not known.
          megabits: speed !== null && speed > 0 ? speed : null,
          duplex: first("duplex"),
          carrier: carrier === null ? null : carrier === "1",
          driver: toPairs(files.get("device/uevent") ?? [], "=").get("DRIVER") ?? null,
          alias: first("ifalias"),
          queue: toNumber(first("tx_queue_len")),
          addresses: addresses.get(name) ?? [],
        },
      ];
    }),
  );
}

function kindOf(name: string, files: Map<string, string[]>): Interface["kind"] {
  const type = toPairs(files.get("uevent") ?? [], "=").get("DEVTYPE");
  if (files.get("type")?.[0] === "772") return "loopback";
  if (type === "bridge" || files.has("bridge/bridge_id")) return "bridge";
  if (type === "bond" || type === "vlan") return type;
  if (type === "wlan") return "wireless";
  if (
    files.has("tun_flags") ||
    /^(wireguard|vxlan|geneve|gre)$/.test(type ?? "") ||
    /^(tun|tap|wg)\d/.test(name)
  )
    return "tunnel";
  return files.has("device/uevent") ? "ethernet" : "virtual";
}

/** By interface, with the length of the prefix. The kernel's table of IPv4 addresses names no interface: routes do. */
function readAddresses(probe: Probe, routes: NetworkFacts["routes"]): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  const add = (name: string, address: string) => found.set(name, (found.get(name) ?? new Set()).add(address));
  const trie = probe.lines("/proc/net/fib_trie");
  // Each address is held against each route: a host with a table of the whole internet is not waited for.
  const direct = routes
    .filter(({ gateway, destination }) => gateway === null && !destination.includes(":"))
    .slice(0, mostDirectRoutes);
  for (const [index, line] of trie.entries()) {
    if (!line.includes("/32 host LOCAL")) continue;
    const [, address] = /\|-- ([\d.]+)/.exec(trie[index - 1] ?? "") ?? [];
    if (address === undefined) continue;
    const way = direct
      .filter(({ destination }) => isWithin(address, destination))
      .sort((a, b) => Number(b.destination.split("/")[1]) - Number(a.destination.split("/")[1]))[0];
    if (way) add(way.interface, `${address}/${way.destination.split("/")[1]}`);
    else if (address.startsWith("127.")) add("lo", `${address}/8`);
  }
  for (const line of probe.lines("/proc/net/if_inet6")) {
    const [hex = "", , length = "", , , name] = line.trim().split(/\s+/);
    const address = ipv6Of(hex);
    if (address !== null && name) add(name, `${address}/${Number.parseInt(length, 16) || 0}`);
  }
  return new Map([...found].map(([name, set]) => [name, [...set].sort()]));
}

function readRoutes(probe: Probe): NetworkFacts["routes"] {
  return probe
    .lines("/proc/net/route")
    .slice(1)
    .flatMap((line) => {
      const [name, destination = "", gateway = "", flags = "", , , metric, mask = ""] = line
        .trim()
        .split(/\s+/);
      const to = ipv4Of(destination);
      const by = ipv4Of(gateway);
      const length = prefixOf(mask);
      const isUp = (Number.parseInt(flags, 16) & 1) !== 0;
      if (!name || to === null || by === null || length === null || !isUp) return [];
      return [
        {
          destination: `${to}/${length}`,
          gateway: by === "0.0.0.0" ? null : by,
          interface: name,
          metric: toNumber(metric) ?? 0,
        },
      ];
    });
}

/** Without what the kernel keeps for its own addresses and for multicast. */
function readRoutes6(probe: Probe): NetworkFacts["routes"] {
  const local = 0x80000000;
  return probe.lines("/proc/net/ipv6_route").flatMap((line) => {
    const [hex = "", length = "", , , next = "", metric = "", , , flags = "", name] = line
      .trim()
      .split(/\s+/);
    const to = ipv6Of(hex);
    const by = ipv6Of(next);
    if (!name || to === null || by === null || name === "lo" || to.startsWith("ff")) return [];
    if (Number.parseInt(flags, 16) >= local) return [];
    const destination = `${to}/${Number.parseInt(length, 16) || 0}`;
    return [
      {
        destination,
        gateway: by === "::" ? null : by,
        interface: name,
        metric: Number.parseInt(metric, 16) || 0,
      },
    ];
  });
}
