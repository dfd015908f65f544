import { type Sample, samplesOf } from "../../host-provisioning/performance/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { type Db, transaction } from "../db/transaction.ts";
import type { HostReader } from "../hosts/service.ts";
import type { SamplesQuery, Samples as SamplesReply, Sampling } from "./contract.ts";
import { readingOf, viewSampling, type Window, windowOf } from "./domain.ts";
import * as queries from "./queries.ts";

const historySeconds = 86_400;
const historyStepSeconds = 1800;

/** Which hosts' performance is sampled, and what samples say. They are taken by the `Sampler`. */
export class Samples {
  readonly #db: Db;
  readonly #reader: HostReader;
  readonly #usualSeconds: number;

  /** @param usualSeconds interval of hosts for which none is said. */
  constructor(db: Db, reader: HostReader, usualSeconds: number) {
    this.#db = db;
    this.#reader = reader;
    this.#usualSeconds = usualSeconds;
  }

  /** From now on; in place of another interval. @throws not_found. */
  async begin(
    principal: Principal,
    id: string,
    { seconds = this.#usualSeconds }: { seconds?: number },
    requestId?: string,
  ): Promise<Sampling> {
    authorize(principal, "host:connect");
    const host = await this.#reader.get(principal.organizationId, id);
    return transaction(this.#db, async (tx) => {
      const row = await queries.setSampling(tx, id, seconds);
      const detail = { name: host.name, seconds };
      await record(tx, principal, {
        ...{ action: "host.sampling.begin", object: id, phase: "result", detail, requestId },
      });
      return viewSampling(row);
    });
  }

  /** What was sampled stays. Nothing where it was not sampled. @throws not_found. */
  async end(principal: Principal, id: string, requestId?: string): Promise<void> {
    authorize(principal, "host:connect");
    const { name } = await this.#reader.get(principal.organizationId, id);
    await transaction(this.#db, async (tx) => {
      if (!(await queries.stopSampling(tx, id))) return;
      await record(tx, principal, {
        ...{ action: "host.sampling.end", object: id, phase: "result", detail: { name }, requestId },
      });
    });
  }

  /** @throws not_found, and invalid as `windowOf`. */
  async show(principal: Principal, id: string, query: SamplesQuery): Promise<SamplesReply> {
    authorize(principal, "host:read");
    const { name } = await this.#reader.get(principal.organizationId, id);
    const window = windowOf(query, new Date());
    const sampling = await queries.findSampling(this.#db, id);
    return {
      host: { id, name },
      sampling: sampling ? viewSampling(sampling) : null,
      from: window.from.toISOString(),
      to: window.to.toISOString(),
      stepSeconds: window.stepSeconds,
      samples: await this.#read(id, window),
    };
  }

  /** The last day by half hours, for a report. Whoever calls has authorized it. */
  async lastDay(hostId: string): Promise<Sample[]> {
    const to = new Date();
    const from = new Date(to.getTime() - historySeconds * 1000);
    return this.#read(hostId, { from, to, stepSeconds: historyStepSeconds });
  }

  async #read(hostId: string, window: Window): Promise<Sample[]> {
    return samplesOf((await queries.listReadings(this.#db, hostId, window)).map(readingOf));
  }
}
