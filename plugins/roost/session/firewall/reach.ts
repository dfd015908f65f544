import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { identify, isAlive, type ProcessIdentity } from "../../../process/identity.ts";
import { makeServicesFolder, servicesFolder } from "../../service/place.ts";
import type { Endpoint, Reach } from "./plan.ts";

interface Listener extends Required<Endpoint> {
  process: ProcessIdentity;
}

/**
 * Lets this machine's sessions reach a listener of this process, such as the API, which asks everybody for a token.
 * Others than those that are named so they do not reach.
 * @param host that it listens on, as in its settings. What is neither IPv4 nor all of them stays closed
 * @returns what takes it back; it ends with the process, too
 */
export function openToSessions(dataFolder: string, host: string, port: number): () => void {
  const address = host === "localhost" ? "127.0.0.1" : host === "::" ? "0.0.0.0" : host;
  if (process.getuid?.() !== 0 || !isIPv4(address)) return () => undefined;
  const folder = join(makeServicesFolder(dataFolder), ".listeners");
  const file = join(folder, `${process.pid}-${port}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify({ process: identify(process.pid), address, port }), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** @param given endpoints and networks that a setting names */
export function readReach(dataFolder: string, given: readonly Endpoint[]): Reach {
  const listeners = listenersOf(dataFolder).flatMap(({ address, port }) =>
    address === "0.0.0.0" ? addressesHere().map((each) => ({ address: each, port })) : { address, port },
  );
  return { endpoints: [...given, ...listeners], nameservers: nameservers() };
}

function listenersOf(dataFolder: string): Listener[] {
  const folder = join(servicesFolder(dataFolder), ".listeners");
  return orIfMissing(() => readdirSync(folder), []).flatMap((name) => {
    const file = join(folder, name);
    const listener = orIfMissing(() => JSON.parse(readFileSync(file, "utf8")) as Listener, undefined);
    if (listener && isAlive(listener.process)) return listener;
    // Of a process that was killed.
    rmSync(file, { force: true });
    return [];
  });
}

function addressesHere(): string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return interfaces.filter(({ family }) => family === "IPv4").map(({ address }) => address);
}

function nameservers(): string[] {
  const text = orIfMissing(() => readFileSync("/etc/resolv.conf", "utf8"), "");
  return [...text.matchAll(/^nameserver\s+([0-9a-f.:]+)\s*$/gim)].map(([, address]) => address as string);
}

/** A file may be half written, or be gone since it was listed: it is read again soon. */
function orIfMissing<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return otherwise;
    throw error;
  }
}
