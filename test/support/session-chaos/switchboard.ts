import net from "node:net";
import { createInterface } from "node:readline";

/** The moment of a kill point at which whoever comes there waits. */
export interface Armed {
  point: string;
  moment: "before" | "after";
}
export type ToProcess = { armed: Armed | null };
export type FromProcess = { pid: number } | { at: string };

/** Tells processes with kill points at which of them to wait, and hears when one does. */
export class Switchboard {
  readonly #server: net.Server;
  readonly #processes = new Map<net.Socket, number>();
  #armed: Armed | null = null;
  /** Process ids of those that are to wait; null: whoever comes. */
  #who: number[] | null = null;
  #reached: () => void = () => {};

  private constructor() {
    this.#server = net.createServer((socket) => this.#take(socket));
  }

  static async open(): Promise<Switchboard> {
    const board = new Switchboard();
    await new Promise<void>((resolve) => board.#server.listen(0, "127.0.0.1", resolve));
    return board;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /**
   * Has processes wait at a point from now until `disarm`.
   * @param who their ids; null: whoever comes
   * @returns whether one came there in time
   */
  async arm(armed: Armed, who: number[] | null, milliseconds: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), milliseconds);
    this.#reached = () => resolve(true);
    this.#who = who;
    this.#tell(armed);
    const isThere = await promise;
    clearTimeout(timer);
    return isThere;
  }

  /** Whoever waits goes on. */
  disarm(): void {
    this.#tell(null);
  }

  async close(): Promise<void> {
    this.disarm();
    for (const socket of this.#processes.keys()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: net.Socket): void {
    // Killed processes reset their connections, which both tell of.
    const lines = createInterface({ input: socket });
    for (const each of [socket, lines]) each.on("error", () => undefined);
    socket.on("close", () => this.#processes.delete(socket));
    lines.on("line", (line) => {
      const message = JSON.parse(line) as FromProcess;
      if ("at" in message) return this.#reached();
      this.#processes.set(socket, message.pid);
      this.#tellOne(socket, message.pid);
    });
  }

  #tell(armed: Armed | null): void {
    this.#armed = armed;
    for (const [socket, pid] of this.#processes) this.#tellOne(socket, pid);
  }

  #tellOne(socket: net.Socket, pid: number): void {
    const isAsked = this.#who === null || this.#who.includes(pid);
    const message: ToProcess = { armed: isAsked ? this.#armed : null };
    socket.write(`${JSON.stringify(message)}\n`);
  }
}
