import { randomBytes } from "node:crypto";
import type { Facts } from "../../host-provisioning/facts/index.ts";
import {
  aptArguments,
  checkRequest,
  draftReinstall,
  planReinstall,
  type Refusal,
  type ReinstallRequest,
  type ReinstallSurvey,
  readSurvey,
  surveyScript,
} from "../../host-provisioning/reinstall/index.ts";
import { isRisky } from "../../host-provisioning/undo/index.ts";
import type { Principal } from "../access/permissions.ts";
import { type Fault, RoostError } from "../errors.ts";
import type { ActionOptions, HostActions } from "../host-actions/service.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import type { Scans } from "../scans/service.ts";
import type { BatchRequest, PackageRequest, Reinstall } from "./contract.ts";

const surveyLimits = { deadlineMs: 120_000, capBytes: 8 * 1024 * 1024 };

interface Dependencies {
  scans: Pick<Scans, "scan">;
  reader: Pick<HostReader, "find" | "run">;
  actions: Pick<HostActions, "run">;
}

/** Installs packages of hosts again, as they were packaged; whether that can be is for apt on the host to say. */
export class Reinstalls {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** One package. @throws as `batch`, with fields of this request. */
  async package(
    principal: Principal,
    { host, configuration, dryRun, confirmSeconds, ...wanted }: PackageRequest,
    options: ActionOptions = {},
  ): Promise<Reinstall> {
    const request = { host, configuration, dryRun, confirmSeconds, packages: [wanted] };
    return this.#run(
      principal,
      request,
      options,
      (field) => field.replace(/^packages(\[0\]\.|$)/, "") || "name",
    );
  }

  /**
   * Several packages in one transaction.
   * @throws invalid naming the package or version that apt does not have, or what else stands against it.
   */
  async batch(principal: Principal, request: BatchRequest, options: ActionOptions = {}): Promise<Reinstall> {
    return this.#run(principal, request, options, (field) => field);
  }

  async #run(
    principal: Principal,
    request: BatchRequest,
    options: ActionOptions,
    fieldOf: (field: string) => string,
  ): Promise<Reinstall> {
    const { scans, reader, actions } = this.#deps;
    const { packages, configuration } = request;
    const asked: ReinstallRequest = { packages, configuration };
    const refuse = (faults: Fault[]) => {
      const named = faults.map(({ field, message }) => ({ field: fieldOf(field), message }));
      const text = named.map(({ field, message }) => `${field}: ${message}`).join("; ");
      return new RoostError("invalid", text, { faults: named });
    };
    const unfit = checkRequest(asked);
    if (unfit.length > 0) throw refuse(unfit);
    const planning = async () => {
      const host = await reader.find(principal, request.host, "host");
      const { scan, facts } = await scans.scan(principal, host.id, options);
      if (facts.software.manager !== "dpkg")
        throw new RoostError("unprocessable", `${host.name}: only Debian and its relatives can do that yet.`);
      const { outcome, conffiles, available } = await this.#survey(host, asked, facts, options.signal);
      if ("refusal" in outcome) throw refuse([faultOf(outcome.refusal, asked)]);
      const found = planReinstall(asked, facts, outcome, conffiles);
      if ("faults" in found) throw refuse(found.faults);
      const { installs, replaced, restored, holds, unholds, checks } = found.plan;
      const told = { installs, replaced, restored, holds, unholds, checks, available };
      return {
        host,
        planning: {
          kind: "reinstall" as const,
          title: `reinstall: ${packages.map(({ name }) => name).join(", ")}`.slice(0, 200),
          request: asked,
          draft: draftReinstall(found.plan),
          detail: { scan: scan.id, ...told },
          packages: installs.length,
          risky: isRisky({ names: installs.map(({ name }) => name) }),
        },
      };
    };
    return actions.run(principal, request, planning, options);
  }

  async #survey(
    host: ReadableHost,
    request: ReinstallRequest,
    facts: Facts,
    signal?: AbortSignal,
  ): Promise<ReinstallSurvey> {
    const mark = randomBytes(16).toString("hex");
    const names = request.packages.map(({ name }) => name);
    const script = surveyScript(mark, aptArguments(request, facts), names);
    const { stdout } = await this.#deps.reader.run(host, { script, ...surveyLimits, signal });
    const survey = readSurvey(stdout.toString("utf8"), mark);
    if (survey) return survey;
    throw new RoostError("unprocessable", `${host.name}: The survey did not come to its end there.`);
  }
}

/** Where in the request it is that apt would not do. Pure. */
function faultOf({ kind, package: name, message }: Refusal, { packages }: ReinstallRequest): Fault {
  const index = packages.findIndex((each) => each.name === name);
  if (index < 0) return { field: "packages", message };
  return { field: `packages[${index}].${kind === "unknown-version" ? "version" : "name"}`, message };
}
