import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { RoostError } from "../errors.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import type { Fleet, FleetHost, FleetSelection } from "./contract.ts";
import { lastOf, type Scans } from "./service.ts";

interface RequestOptions {
  kind: "quick" | "full";
  /** Part of the request that an error about the selection names, such as "query.". */
  fields?: string;
  requestId?: string;
  signal: AbortSignal;
}

/** Scans of many hosts: each is one of its own, kept and audited as such; few run at a time. */
export class FleetScans {
  readonly #scans: Scans;
  readonly #reader: HostReader;

  constructor(scans: Scans, reader: HostReader) {
    this.#scans = scans;
    this.#reader = reader;
  }

  /**
   * Scans all hosts of a selection. Yields each as it ends, well or not.
   * @returns their sum. A host that cannot be read is no error of the whole.
   */
  async *scan(
    principal: Principal,
    selection: FleetSelection,
    { kind, fields = "", requestId, signal }: RequestOptions,
  ): AsyncGenerator<FleetHost, Fleet> {
    authorize(principal, "host:connect");
    const began = Date.now();
    const hosts = await this.#reader.select(principal, selection, fields);
    const scanOne = async ({ id, name }: ReadableHost): Promise<FleetHost> => {
      const host = { id, name };
      try {
        const options = { requestId, signal };
        const { scan } =
          kind === "full"
            ? await lastOf(this.#scans.scanFully(principal, id, options))
            : await this.#scans.scan(principal, id, options);
        return { host, scan, fault: null };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RoostError)) throw error;
        return { host, scan: null, fault: error.faults[0]?.message ?? error.message };
      }
    };
    const ended: FleetHost[] = [];
    for await (const one of this.#reader.each(hosts, scanOne, signal)) {
      ended.push(one);
      yield one;
    }
    const failed = ended.filter(({ scan }) => scan === null).length;
    const byName = ended.sort((a, b) => (a.host.name < b.host.name ? -1 : 1));
    return {
      total: ended.length,
      scanned: ended.length - failed,
      failed,
      milliseconds: Date.now() - began,
      hosts: byName,
    };
  }
}
