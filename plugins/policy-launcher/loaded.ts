import type * as grpc from "@grpc/grpc-js";
import { type Admit, listen } from "./listen.ts";
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
   * @returns the loopback port
   */
  async serve(admit: Admit): Promise<number> {
    const { port, listener } = await listen(this.#modules, this.#service, admit);
    // The engine ends before the process does, and nothing else keeps it.
    listener.unref();
    return port;
  }
}
