import { readFile } from "node:fs/promises";
import type { Peer } from "./server.ts";

/**
 * An `admit` for `serveProvider` where the engine has a user of its own: the
 * kernel's table of connections says whose the other end is.
 */
export function admitUser(user: number): (peer: Peer) => Promise<boolean> {
  return async (peer) => {
    for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
      const text = await readFile(table, "utf8").catch(() => "");
      if (findUser(text, peer.port, peer.serverPort) === user) return true;
    }
    return false;
  };
}

/** User of the row whose local port is the client's and whose remote port is the server's. */
export function findUser(table: string, clientPort: number, serverPort: number): number | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [, local, remote, , , , , user] = line.trim().split(/\s+/);
    if (portOf(local) === clientPort && portOf(remote) === serverPort) return Number(user);
  }
  return undefined;
}

function portOf(address: string | undefined): number {
  return Number.parseInt(address?.split(":")[1] ?? "", 16);
}
