import { createHash } from "node:crypto";
import net from "node:net";
import { release, reserve } from "./reservation.ts";

/** The port of a service that names none and has an address of its own. */
export const defaultPort = 8080;

const attempts = 50;

export interface Place {
  address: string;
  port: number;
}

/** Loopback addresses for a service in the order to try them: always the same for the same service. */
export function addressesFor(dataFolder: string, id: string): string[] {
  return Array.from({ length: attempts }, (_, attempt) => {
    const digest = createHash("sha256").update(`${dataFolder}\0${id}\0${attempt}`).digest();
    // 127.0.x.y is left to others, and so are the first and last number of each block.
    return `127.${1 + (digest[0]! % 254)}.${digest[1]}.${1 + (digest[2]! % 254)}`;
  });
}

/**
 * Reserves a place for a service until `releaseReservations`: an address of its own where the whole of 127/8 is
 * this machine (Linux), else a free port of 127.0.0.1. Asking again gives the same place.
 * @throws when the wanted port is taken, or none of the addresses is free
 */
export async function reservePlace(
  dataFolder: string,
  id: string,
  port: number | undefined,
  now?: Place,
): Promise<Place> {
  if (process.platform !== "linux") return sharedPlace(now, port);
  for (const address of addressesFor(dataFolder, id)) {
    if (!reserve(dataFolder, "addresses", address, id)) continue;
    const place = { address, port: port ?? defaultPort };
    // Whoever had it before may be our own process that is about to be replaced.
    if (address === now?.address || (await isFree(place))) return place;
    release(dataFolder, "addresses", address);
  }
  throw new Error(`no loopback address of ${attempts} tried is free for port ${port ?? defaultPort}`);
}

async function sharedPlace(now: Place | undefined, port: number | undefined): Promise<Place> {
  const address = "127.0.0.1";
  if (now && (port === undefined || port === now.port)) return now;
  if (port === undefined) return { address, port: await freePort(address) };
  if (!(await isFree({ address, port }))) throw new Error(`port ${port} of ${address} is taken`);
  return { address, port };
}

function isFree({ address, port }: Place): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen({ host, port: 0, exclusive: true }, () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
