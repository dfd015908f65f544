import { measuredDraft } from "../../host-provisioning/benchmark/index.ts";
import { emptyDraft } from "../../host-provisioning/undo/index.ts";
import type { Principal } from "../access/permissions.ts";
import { RoostError } from "../errors.ts";
import type { ActionOptions, HostActions, Planning } from "../host-actions/service.ts";
import type { HostReader } from "../hosts/service.ts";
import type { Tuning } from "../tuning/service.ts";
import type { BenchmarkRequest, PlannedBenchmark, ShownBenchmark } from "./contract.ts";

interface Dependencies {
  reader: Pick<HostReader, "find">;
  actions: Pick<HostActions, "run" | "status" | "benchmarkOf">;
  tuning: Pick<Tuning, "plan">;
}

/** Measures hosts without and with a tuning, which stays only when nothing became worse by it. */
export class Benchmarks {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws unprocessable for a change of which nothing can be switched off and on while the host runs. */
  async run(
    principal: Principal,
    request: BenchmarkRequest,
    options: ActionOptions & { field?: string } = {},
  ): Promise<PlannedBenchmark> {
    const { reader, actions, tuning } = this.#deps;
    const { change, profile, set, workloads, seconds } = request;
    const isChange = change !== "none" || set !== undefined;
    const planning = async () => {
      const tuned = isChange
        ? await tuning.plan(
            principal,
            { host: request.host, area: change === "none" ? "auto" : change, profile, set },
            options,
          )
        : asItIs(await reader.find(principal, request.host, options.field ?? "host"));
      const { host, planning: found } = tuned;
      if (isChange && found.draft.live.length === 0)
        throw new RoostError(
          "unprocessable",
          `${host.name}: Nothing of this tuning changes a value of the running kernel, so there is nothing to compare.`,
        );
      const planned: Planning<typeof found.detail> = {
        ...found,
        title: found.title.replace("tuning", "benchmark"),
        request: { ...found.request, workloads, seconds },
        draft: measuredDraft(found.draft, { workloads }),
        // Its own deployment confirms it, by new logins.
        risky: false,
        benchmark: { workloads, seconds, isChange },
      };
      return { host, planning: planned };
    };
    return actions.run(principal, request, planning, options) as Promise<PlannedBenchmark>;
  }

  /** The action of a benchmark, and what it found. @throws not_found for an action of another kind. */
  async show(principal: Principal, id: string): Promise<ShownBenchmark> {
    const action = await this.#deps.actions.status(principal, id, "tuning");
    const result = await this.#deps.actions.benchmarkOf(principal, id);
    return { action, result: (result ?? null) as ShownBenchmark["result"] };
  }
}

function asItIs(host: Awaited<ReturnType<HostReader["find"]>>) {
  const planning: Planning<{ reason: string }> = {
    kind: "tuning",
    title: "tuning: none",
    request: { change: "none" },
    draft: emptyDraft,
    detail: { reason: "Measured as it is; nothing is changed." },
    packages: 0,
  };
  return { host, planning };
}
