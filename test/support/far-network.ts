import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { connect, type Socket } from "node:net";
import { programPath, reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { until } from "./processes.ts";

/** Undefined where networks of their own can be made; else why the suite is skipped. In CI that throws. */
export function reasonWithoutNetworks(): string | undefined {
  const reason = reasonToSkip("root", "ip", "network-namespace", "iptables");
  if (reason) console.log(`skipped: ${reason}`);
  return reason;
}

/**
 * A network of its own that one cable joins to this machine's: whatever is lost, refused or cut there touches nothing
 * else. Programs in it see this machine's files.
 */
export class FarNetwork {
  /** Where this machine reaches it. */
  readonly address: string;
  readonly #name: string;
  readonly #daemons: ChildProcess[] = [];

  constructor() {
    // Of the addresses that are set aside for benchmarks of networks: nobody's.
    const at = randomInt(2 ** 15) * 4;
    const place = (host: number) => `198.${18 + (at >> 16)}.${(at >> 8) & 255}.${(at & 255) + host}`;
    this.#name = `roost-${process.pid}-${at}`;
    this.address = place(2);
    const [near, far] = [`rst${at}`, `far${at}`];
    ip("netns", "add", this.#name);
    ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", this.#name);
    ip("address", "add", `${place(1)}/30`, "dev", near);
    ip("link", "set", near, "up");
    ip("-n", this.#name, "address", "add", `${this.address}/30`, "dev", far);
    ip("-n", this.#name, "link", "set", far, "up");
    ip("-n", this.#name, "link", "set", "lo", "up");
  }

  /** Adds a rule to the packet filter there, such as `INPUT -j DROP`. */
  filter(rule: string): void {
    ip("netns", "exec", this.#name, "iptables", "-A", ...rule.split(" "));
  }

  /** As it was at first. */
  clearFilter(): void {
    ip("netns", "exec", this.#name, "iptables", "-F");
  }

  /** An OpenSSH server that listens there by itself, until the network ends. */
  async startSshd(configuration: string, port: number): Promise<void> {
    const command = [programPath("sshd") ?? "", "-D", "-e", "-p", String(port), "-f", configuration];
    this.#daemons.push(spawn("ip", ["netns", "exec", this.#name, ...command], { stdio: "ignore" }));
    (await this.greeted(port)).destroy();
  }

  /** A connection that a server there has taken, and on which nothing is said yet. */
  async greeted(port: number): Promise<Socket> {
    const dial = () =>
      new Promise<Socket | undefined>((resolve) => {
        const socket = connect(port, this.address);
        socket.on("error", () => resolve(undefined));
        socket.once("data", (words: Buffer) => {
          const isTaken = words.toString().startsWith("SSH-");
          if (!isTaken) socket.destroy();
          resolve(isTaken ? socket : undefined);
        });
      });
    return until("the server takes a connection", dial);
  }

  /** Ends what runs there, and the network. */
  close(): void {
    const inside = execFileSync("ip", ["netns", "pids", this.#name], { encoding: "utf8" });
    for (const pid of inside.split("\n").filter(Boolean)) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
    for (const daemon of this.#daemons) daemon.kill("SIGKILL");
    ip("netns", "delete", this.#name);
  }
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}
