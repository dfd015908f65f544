import { readdir, readFile, readlink } from "node:fs/promises";
import type { Peer } from "./server.ts";

export interface AdmitOptions {
  /** Process group, or process, whose members and descendants may connect. A function is asked each time. */
  group: number | (() => number | undefined);
  /** When given, only processes that run exactly this (resolved) executable are let in. */
  executable?: string;
}

/** True where the owner of a connection can be told: there attached providers are safe. */
export const canTellPeers = process.platform === "linux";

/**
 * An `admit` for `serveProvider`: the peer's port leads to a socket, the socket to the process that holds it.
 * That process must be in the given group, or descend from it.
 */
export function admitGroup(options: AdmitOptions): (peer: Peer) => Promise<boolean> {
  return async (peer) => {
    const group = typeof options.group === "function" ? options.group() : options.group;
    if (group === undefined) return false;
    const inode = await socketInode(peer);
    if (inode === undefined) return false;
    const members = membersOf(group, await processes());
    for (const pid of members) {
      if (!(await holdsSocket(pid, inode))) continue;
      return options.executable === undefined || (await executableOf(pid)) === options.executable;
    }
    return false;
  };
}

interface Process {
  pid: number;
  parent: number;
  group: number;
}

/** Processes in the group (or that are it) and all that descend from them. */
export function membersOf(group: number, all: readonly Process[]): Set<number> {
  const members = new Set(
    all.filter((each) => each.group === group || each.pid === group).map(({ pid }) => pid),
  );
  // Parents may come after their children in the list, so go round until nothing is added.
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return members;
}

/** Inode of the client's end of a loopback connection, from the kernel's tables. */
async function socketInode(peer: Peer): Promise<string | undefined> {
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const inode = findInode(await readText(table), peer.port, peer.serverPort);
    if (inode !== undefined) return inode;
  }
  return undefined;
}

/** Finds the row whose local port is the client's and whose remote port is the server's. */
export function findInode(table: string, clientPort: number, serverPort: number): string | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (portOf(local) === clientPort && portOf(remote) === serverPort && inode !== "0") return inode;
  }
  return undefined;
}

function portOf(address: string | undefined): number {
  return Number.parseInt(address?.split(":")[1] ?? "", 16);
}

async function processes(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => parseStat(pid, await readText(`/proc/${pid}/stat`))),
  );
  return found.filter((each) => each !== undefined);
}

/** The name in parentheses may hold spaces and parentheses itself: fields are counted from its last one. */
export function parseStat(pid: number, stat: string): Process | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [, parent, group] = fields;
  return group === undefined ? undefined : { pid, parent: Number(parent), group: Number(group) };
}

async function holdsSocket(pid: number, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const names = await orElse(readdir(folder), []);
  const links = await Promise.all(names.map((name) => orElse(readlink(`${folder}/${name}`), "")));
  return links.includes(`socket:[${inode}]`);
}

function executableOf(pid: number): Promise<string> {
  return orElse(readlink(`/proc/${pid}/exe`), "");
}

function readText(path: string): Promise<string> {
  return orElse(readFile(path, "utf8"), "");
}

/** Processes come and go while they are looked at, and other users' files cannot be read. */
function orElse<T>(promise: Promise<T>, value: T): Promise<T> {
  return promise.catch(() => value);
}
