import { type CheckFacts, checkScript, readCheck } from "../../host-provisioning/check/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import type { Host } from "./contract.ts";
import * as queries from "./queries.ts";
import type { HostReader } from "./reader.ts";
import { HostError, type SshTarget } from "./ssh/contract.ts";
import { viewHost } from "./views.ts";

const checkDeadlineMilliseconds = 15_000;

/** Logs in to hosts to see whether they can be worked with. */
export class HostChecks {
  readonly #db: Db;
  readonly #reader: HostReader;

  constructor(db: Db, reader: HostReader) {
    this.#db = db;
    this.#reader = reader;
  }

  /**
   * Logs in, and keeps what came of it as the host's health. That a host is not well is no error of the check.
   * @throws conflict for a host, or a bastion of it, that has no credential.
   */
  async check(
    principal: Principal,
    id: string,
    options: { requestId?: string; signal?: AbortSignal } = {},
  ): Promise<Host> {
    authorize(principal, "host:connect");
    const { organizationId } = principal;
    const row = await queries.findHost(this.#db, organizationId, id);
    if (!row) throw notFound("Host", id);
    const target = await this.#reader.target(row);
    const began = Date.now();
    const found = await this.#look(target, options.signal);
    const milliseconds = Date.now() - began;
    return transaction(this.#db, async (tx) => {
      const isSame = await this.#reader.noteHealth(tx, row, { ...found, milliseconds });
      if (!isSame) throw new RoostError("conflict", `${row.name} was changed or removed during the check.`);
      await record(tx, principal, {
        action: "host.check",
        object: id,
        phase: "result",
        result: found.fault ? "failed" : "succeeded",
        detail: { name: row.name, health: found.fault?.fault ?? "healthy" },
        requestId: options.requestId,
      });
      return viewHost((await queries.findHost(tx, organizationId, id)) as queries.HostRow);
    });
  }

  async #look(
    target: SshTarget,
    signal?: AbortSignal,
  ): Promise<{ fault: HostError | null } & Partial<CheckFacts>> {
    try {
      const run = { script: checkScript, deadlineMs: checkDeadlineMilliseconds, capBytes: 64 * 1024, signal };
      const { stdout } = await this.#reader.connections.run(target, run);
      const facts = readCheck(stdout.toString("utf8"));
      if (facts) return { fault: null, ...facts };
      const message = `${target.name}: Its login writes into the output of scripts.`;
      return { fault: new HostError("remote-exit", message) };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return { fault: error };
    }
  }
}
