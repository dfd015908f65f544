import { type Scope, scopeOf, socketAddressOf } from "./addresses.ts";
import type { Probe } from "./probe.ts";
import type { Process } from "./processes.ts";

export interface Port {
  protocol: "tcp" | "udp";
  address: string;
  port: number;
  scope: Scope;
  /** User id that opened it. */
  user: number | null;
  /** Null: not seen without root. */
  process: string | null;
  program: string | null;
  package: string | null;
  unit: string | null;
}

/** Another machine that connections are open with. */
export interface Peer {
  address: string;
  /** The port of the two that is a service's: one that this host listens on, else the other's. */
  port: number;
  direction: "in" | "out";
  connections: number;
}

interface Row {
  protocol: "tcp" | "udp";
  local: { address: string; port: number };
  remote: { address: string; port: number };
  state: string;
  user: number;
  inode: string;
}

export function readSockets(
  probe: Probe,
  processes: Record<string, Process>,
  owners: Map<string, string>,
): { ports: Port[]; peers: Peer[] } {
  const rows = ["tcp", "tcp6", "udp", "udp6"].flatMap((name) => readTable(probe, name));
  const holders = readHolders(probe);
  const seen = new Map<string, Port>();
  for (const row of rows.filter(isListening)) {
    const process = processes[holders.get(row.inode) ?? ""];
    const { address, port } = row.local;
    const key = `${row.protocol} ${address} ${port}`;
    if (seen.get(key)?.process) continue;
    seen.set(key, {
      protocol: row.protocol,
      address,
      port,
      scope: scopeOf(address),
      user: Number.isNaN(row.user) ? null : row.user,
      process: process?.name ?? null,
      program: process?.program ?? null,
      // In a container the path is of another file.
      package: process?.container ? null : (owners.get(process?.program ?? "") ?? null),
      unit: process?.unit ?? null,
    });
  }
  const ports = [...seen.values()].sort(
    (a, b) => a.port - b.port || (a.protocol + a.address < b.protocol + b.address ? -1 : 1),
  );
  return { ports, peers: readPeers(rows, new Set(ports.map(({ port }) => port))) };
}

function isListening({ protocol, state, remote }: Row): boolean {
  return protocol === "tcp" ? state === "0A" : state === "07" && remote.port === 0;
}

function readPeers(rows: Row[], listening: Set<number>): Peer[] {
  const peers = new Map<string, Peer>();
  for (const { protocol, state, local, remote } of rows) {
    if (protocol !== "tcp" || state !== "01" || scopeOf(remote.address) === "loopback") continue;
    const isIn = listening.has(local.port);
    const port = isIn ? local.port : remote.port;
    const key = `${remote.address} ${port} ${isIn}`;
    const known = peers.get(key);
    if (known) known.connections++;
    else peers.set(key, { address: remote.address, port, direction: isIn ? "in" : "out", connections: 1 });
  }
  return [...peers.values()].sort((a, b) =>
    a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port,
  );
}

/** @see https://docs.kernel.org/networking/proc_net_tcp.html */
function readTable(probe: Probe, name: string): Row[] {
  return probe.lines(`/proc/net/${name}`).flatMap((line) => {
    const [, local = "", remote = "", state = "", , , , user, , inode = ""] = line.trim().split(/\s+/);
    const from = endOf(local);
    const to = endOf(remote);
    if (from === null || to === null) return [];
    return [
      {
        protocol: name.slice(0, 3) as "tcp" | "udp",
        local: from,
        remote: to,
        state,
        user: Number(user),
        inode,
      },
    ];
  });
}

function endOf(text: string): { address: string; port: number } | null {
  const [address = "", port = ""] = text.split(":");
  const plain = socketAddressOf(address);
  return plain === null || !/^[0-9A-F]{4}$/i.test(port)
    ? null
    : { address: plain, port: Number.parseInt(port, 16) };
}

/** Process ids by the number of the socket. The lowest holds it: a server before its workers. */
function readHolders(probe: Probe): Map<string, string> {
  const holders = new Map<string, string>();
  const take = (inode: string, pid: string) => {
    const before = holders.get(inode);
    if (before === undefined || Number(pid) < Number(before)) holders.set(inode, pid);
  };
  // A file may have the same number as a socket, but lies on something that is mounted.
  const mounted = new Set(probe.lines("/proc/self/mountinfo").map((line) => line.split(" ")[0]));
  let mount: string | undefined;
  let pid = "";
  for (const line of probe.section("sockets")) {
    mount = /-mnt_id:\s*(\d+)$/.exec(line)?.[1] ?? mount;
    const [, holder = "", number] = /^\/proc\/(\d+)\/fdinfo\/\d+:ino:\s*(\d+)$/.exec(line) ?? [];
    if (number !== undefined && !mounted.has(mount)) take(number, holder);
    pid = /^\/proc\/(\d+)\/fd:$/.exec(line)?.[1] ?? pid;
    const [, inode] = / -> socket:\[(\d+)\]$/.exec(line) ?? [];
    if (inode !== undefined && pid !== "") take(inode, pid);
  }
  return holders;
}
