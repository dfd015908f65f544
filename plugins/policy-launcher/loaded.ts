import { type AddressInfo, createServer, type Socket } from "node:net";
import type * as grpc from "@grpc/grpc-js";
import type { Peer } from "../provider/index.ts";
import { loadPack, type PackModules, packModules } from "./pack.ts";

/** A pack that is in memory already, for a process that runs one engine after it has waited for its job. */
export class LoadedPack {
  readonly #modules: PackModules;
  readonly #service: grpc.UntypedServiceImplementation;

  private constructor(modules: PackModules, service: grpc.UntypedServiceImplementation) {
    this.#modules = modules;
    this.#service = service;
  }

  /**
   * Loads a pack into this process. One pack fits in: the SDK serves no second one. It must not need to know its
   * stack while it loads.
   * @param folder with a package.json that has name and version, and its entry file
   */
  static async load(folder: string): Promise<LoadedPack> {
    const before = process.cwd();
    const modules = packModules(folder);
    // The SDK reads the version of a pack from the package.json of the working folder.
    process.chdir(folder);
    try {
      return new LoadedPack(modules, await loadPack(folder, modules, "node"));
    } finally {
      process.chdir(before);
    }
  }

  /**
   * Serves it until the process ends.
   * @param admit decides about each connection: what is attached by gRPC has no other lock
   * @returns the loopback port
   */
  async serve(admit: (peer: Peer) => boolean | Promise<boolean>): Promise<number> {
    const { grpc, services } = this.#modules;
    const server = new grpc.Server({
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.enable_channelz": 0,
    });
    server.addService(services.AnalyzerService, this.#service);
    const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
    const accept = async (socket: Socket): Promise<void> => {
      socket.on("error", () => undefined);
      const { remoteAddress = "", remotePort = 0, localPort = 0 } = socket;
      const peer = { address: remoteAddress, port: remotePort, serverPort: localPort };
      const isAdmitted = await Promise.resolve(admit(peer)).catch(() => false);
      if (!isAdmitted) socket.destroy();
      if (socket.destroyed) return;
      injector.injectConnection(socket);
      socket.resume();
    };
    const listener = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => void accept(socket));
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(0, "127.0.0.1", resolve);
    });
    // The engine ends before the process does, and nothing else keeps it.
    listener.unref();
    return (listener.address() as AddressInfo).port;
  }
}
