import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { marked } from "../../host-provisioning/facts/index.ts";
import { type Reading, readReading, sampleScript } from "../../host-provisioning/performance/index.ts";
import { type Db, isDatabaseAway, transaction } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import * as queries from "./queries.ts";

const roundMilliseconds = 1_000;
/** Of the hosts whose turn has come, taken at a time; the reader's room decides how many are asked at once. */
const takenAtOnce = 100;
const deadlineMilliseconds = 10_000;
const outputBytes = 256 * 1024;

export interface SamplerDependencies {
  db: Db;
  hostReader: HostReader;
  onFault(message: string, error?: unknown): void;
}

/** Takes samples of hosts whose turn has come. It remembers nothing: any number may run, in one process each. */
export class Sampler {
  readonly #deps: SamplerDependencies;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: SamplerDependencies) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** One round. @returns how many hosts were asked. */
  async round(): Promise<number> {
    const { db, hostReader } = this.#deps;
    const due = await queries.claimDue(db, takenAtOnce);
    const hosts = await Promise.all(
      // One that was removed meanwhile is sampled no more.
      due.map(({ organizationId, hostId }) => hostReader.get(organizationId, hostId).catch(() => undefined)),
    );
    const known = hosts.filter((host) => host !== undefined);
    const { signal } = this.#stopping;
    for await (const _ of hostReader.each(known, (host) => this.#sample(host), signal)) void _;
    return known.length;
  }

  async #sample(host: ReadableHost): Promise<void> {
    const { db } = this.#deps;
    try {
      const reading = await this.#read(host);
      await transaction(db, (tx) => queries.keepReading(tx, { host_id: host.id, ...toRow(reading) }));
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      if (!(error instanceof RoostError)) throw error;
      await queries.noteFault(db, host.id, error.faults[0]?.message ?? error.message);
    }
  }

  async #read(host: ReadableHost): Promise<Reading> {
    const mark = randomBytes(16).toString("hex");
    const { signal } = this.#stopping;
    const script = marked(sampleScript, mark);
    const run = { script, deadlineMs: deadlineMilliseconds, capBytes: outputBytes, signal };
    const { stdout } = await this.#deps.hostReader.run(host, run);
    const reading = readReading(stdout.toString("utf8"), mark);
    if (reading) return reading;
    throw new RoostError("unprocessable", `${host.name}: It does not tell how busy it is.`);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.round().catch((error) => {
        if (!signal.aborted && !isDatabaseAway(error)) this.#deps.onFault("sampling hosts failed", error);
      });
      await wait(roundMilliseconds, undefined, { signal }).catch(() => undefined);
    }
  }
}

function toRow(reading: Reading) {
  return {
    booted_at: reading.bootedAt,
    cpu_busy: reading.cpuBusy,
    cpu_all: reading.cpuAll,
    memory_used: reading.memoryUsedBytes,
    memory_all: reading.memoryBytes,
    swap_used: reading.swapUsedBytes,
    read_bytes: reading.readBytes,
    written_bytes: reading.writtenBytes,
    root_used: reading.rootUsedBytes,
    root_all: reading.rootBytes,
    cpu_waited: reading.cpuWaited,
    io_waited: reading.ioWaited,
    memory_waited: reading.memoryWaited,
  };
}
