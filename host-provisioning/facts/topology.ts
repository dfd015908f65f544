import type { Facts } from "./facts.ts";

/** What a host is connected to, as a graph. */
export interface Topology {
  nodes: {
    id: string;
    kind: "host" | "interface" | "network" | "gateway" | "service" | "peer";
    label: string;
  }[];
  edges: { from: string; to: string; label: string }[];
}

/** The host, its interfaces and their networks, gateways, open ports with their owners, and peers. Pure. */
export function topologyOf({ network, system }: Pick<Facts, "network" | "system">): Topology {
  const nodes = new Map<string, Topology["nodes"][number]>();
  const edges = new Map<string, Topology["edges"][number]>();
  const node = (kind: Topology["nodes"][number]["kind"], name: string, label = name) => {
    const id = `${kind}:${name}`;
    if (!nodes.has(id)) nodes.set(id, { id, kind, label });
    return id;
  };
  const edge = (from: string, to: string, label: string) =>
    edges.set(`${from}\n${to}\n${label}`, { from, to, label });
  const host = node("host", "self", network.hostname ?? system.hostname ?? "host");
  for (const [name, { addresses, kind, state }] of Object.entries(network.interfaces)) {
    if (kind === "loopback" || (addresses.length === 0 && state !== "up")) continue;
    edge(host, node("interface", name, [name, ...addresses].join(" ")), kind);
  }
  for (const { destination, gateway, interface: name } of network.routes) {
    const by = nodes.get(`interface:${name}`)?.id;
    if (by === undefined || destination.startsWith("fe80:")) continue;
    const net = node("network", destination, destination.endsWith("/0") ? "everywhere" : destination);
    if (gateway === null) edge(by, net, "link");
    else {
      const next = node("gateway", gateway);
      edge(by, next, "via");
      edge(next, net, "route");
    }
  }
  for (const { protocol, port, scope, process, package: owner } of network.ports) {
    const label = `${process ?? owner ?? "unknown"} ${protocol}/${port}`;
    edge(host, node("service", `${protocol}/${port}`, label), scope);
  }
  for (const { address, port, direction } of network.peers) {
    const peer = node("peer", address);
    if (direction === "out") edge(host, peer, `port ${port}`);
    else edge(peer, nodes.get(`service:tcp/${port}`)?.id ?? host, `port ${port}`);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

const shapes = {
  host: ["[[", "]]"],
  interface: ["[", "]"],
  network: ["([", "])"],
  gateway: ["{{", "}}"],
  service: ["(", ")"],
  peer: ["[/", "/]"],
} as const;

/**
 * As a Mermaid flowchart. Names come from the host: only plain text of them gets in.
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function toMermaid({ nodes, edges }: Topology): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const lines = nodes.map(({ kind, label, id }) => {
    const [open, close] = shapes[kind];
    return `  ${names.get(id)}${open}"${plain(label)}"${close}`;
  });
  const arrows = edges.map(
    ({ from, to, label }) => `  ${names.get(from)} -->|"${plain(label)}"| ${names.get(to)}`,
  );
  return `${["flowchart LR", ...lines, ...arrows].join("\n")}\n`;
}

function plain(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} ._:/@+-]/gu, "?").slice(0, 120);
}
