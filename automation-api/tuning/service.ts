import { randomBytes } from "node:crypto";
import {
  type AreaName,
  areaNames,
  chooseProfile,
  draftTuning,
  judge,
  judgeMounts,
  profiles,
  readSurvey,
  type Survey,
  surveyScript,
  tune,
} from "../../host-provisioning/optimize/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { RoostError } from "../errors.ts";
import type { ActionOptions, HostActions } from "../host-actions/service.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import type { Scans } from "../scans/service.ts";
import type { Optimized, OptimizeRequest, ProfileList, ProfilesQuery } from "./contract.ts";

const surveyLimits = { deadlineMs: 30_000, capBytes: 8 * 1024 * 1024 };

interface Dependencies {
  scans: Pick<Scans, "discover" | "scan">;
  reader: Pick<HostReader, "find" | "run">;
  actions: Pick<HostActions, "run">;
}

/** What hosts can be tuned for, and tuning them. */
export class Tuning {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The profiles; with a host also what becomes of each of their values there. */
  async profiles(principal: Principal, { host }: ProfilesQuery): Promise<ProfileList> {
    authorize(principal, "host:read");
    const options = { field: "query.host" };
    const found =
      host === undefined ? null : await this.#deps.scans.discover(principal, { host, fresh: "0" }, options);
    const items = profiles.map((profile) => ({
      name: profile.name,
      summary: profile.summary,
      values: { ...profile.values },
      judgements: found && judge(profile, found.facts),
    }));
    return { items };
  }

  /**
   * Sets what a profile means on a host, now and for its next start; what is so already, or better, stays.
   * @param area all of them for `auto`.
   */
  async optimize(
    principal: Principal,
    area: AreaName | "auto",
    request: OptimizeRequest,
    options: ActionOptions = {},
  ): Promise<Optimized> {
    const { scans, reader, actions } = this.#deps;
    const planning = async () => {
      const host = await reader.find(principal, request.host, "host");
      const { scan, facts } = await scans.scan(principal, host.id, options);
      const survey = await this.#survey(host, options.signal);
      const chosen = chooseProfile(facts);
      const { profile = chosen.profile } = request;
      const reason = request.profile === undefined ? chosen.reason : "As asked.";
      const areas = area === "auto" ? areaNames : [area];
      const { judgements, plan } = tune(profile, facts, survey, { areas });
      const { writes, already, kept, missing, untilRestart } = plan;
      const files = plan.files.map(({ path, text }) => ({ path, text }));
      const mounts = areas.includes("disk") ? judgeMounts(facts, survey) : [];
      const told = { writes, files, already, kept, missing, untilRestart, mounts };
      return {
        host,
        planning: {
          kind: "tuning" as const,
          title: `tuning: ${area}, ${profile}`,
          request: { area, profile },
          draft: draftTuning(plan),
          detail: { scan: scan.id, profile, reason, judgements, ...told },
          packages: 0,
          risky: writes.some(({ path }) => path.startsWith("/proc/sys/net/")),
        },
      };
    };
    return actions.run(principal, request, planning, options);
  }

  async #survey(host: ReadableHost, signal?: AbortSignal): Promise<Survey> {
    const mark = randomBytes(16).toString("hex");
    const { stdout } = await this.#deps.reader.run(host, {
      script: surveyScript(mark),
      ...surveyLimits,
      signal,
    });
    const survey = readSurvey(stdout.toString("utf8"), mark);
    if (survey) return survey;
    throw new RoostError("unprocessable", `${host.name}: The survey did not come to its end there.`);
  }
}
