import { EngineLog } from "./engine-log.ts";
import type { Properties } from "./values.ts";

/** How long an engine's state is kept after its Cancel, for work that is just ending. */
const lingerMilliseconds = 1_000;

/** Everything that belongs to one engine operation: its engine's address, configuration, log and running work. */
export class Connection {
  readonly id: string;
  /** False for a peer that was refused: each of its calls is answered with PERMISSION_DENIED. */
  readonly admitted: boolean;
  engineAddress: string | undefined;
  rawConfig: Properties = {};
  config: unknown = {};
  readonly log = new EngineLog(() => this.engineAddress);
  readonly #running = new Set<AbortController>();
  #cancelled: string | undefined;

  constructor(id: string, admitted: boolean, engineAddress?: string) {
    this.id = id;
    this.admitted = admitted;
    this.engineAddress = engineAddress;
  }

  /** Runs one piece of work under a signal that aborts with this connection. */
  async run<T>(work: (signal: AbortSignal, abort: AbortController) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#running.add(controller);
    // A call may be on its way while the engine is being interrupted; nobody would end its work later.
    if (this.#cancelled !== undefined) controller.abort(new Error(this.#cancelled));
    try {
      return await work(controller.signal, controller);
    } finally {
      this.#running.delete(controller);
    }
  }

  /** A new operation of an engine begins: what was said to an earlier one is over. */
  begin(engineAddress: string | undefined): void {
    this.engineAddress = engineAddress || this.engineAddress;
    this.#cancelled = undefined;
  }

  /** Aborts the work of this connection, and of no other; also what still arrives for the same operation. */
  cancel(reason: string): void {
    this.#cancelled = reason;
    for (const controller of this.#running) controller.abort(new Error(reason));
  }
}

/** The engines that are connected to one server, by the address of their socket. */
export class Connections {
  readonly #byPeer = new Map<string, Connection>();

  get size(): number {
    return this.#byPeer.size;
  }

  add(connection: Connection): void {
    this.#byPeer.set(connection.id, connection);
  }

  find(peer: string): Connection | undefined {
    return this.#byPeer.get(peer);
  }

  /** Ends the work of a connection now and forgets it. */
  drop(connection: Connection, reason: string): void {
    connection.cancel(reason);
    connection.log.end();
    if (this.#byPeer.get(connection.id) === connection) this.#byPeer.delete(connection.id);
  }

  cancelAll(reason: string): void {
    for (const connection of this.#byPeer.values()) connection.cancel(reason);
  }

  /** The engine said Cancel: its work is aborted now, its log is closed when that work had time to end. */
  cancel(connection: Connection): void {
    connection.cancel("cancelled");
    setTimeout(() => connection.log.close(), lingerMilliseconds).unref();
  }
}
