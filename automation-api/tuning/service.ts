import { randomBytes } from "node:crypto";
import type { Facts } from "../../host-provisioning/facts/index.ts";
import {
  type AreaName,
  areaNames,
  bothDrafts,
  chooseProfile,
  draftMounts,
  draftTuning,
  judge,
  judgeMounts,
  type MountJudgement,
  type ProfileName,
  profiles,
  readSurvey,
  type Survey,
  surveyScript,
  type TuningPlan,
  tune,
  tuneTo,
} from "../../host-provisioning/optimize/index.ts";
import { type Draft, isRisky } from "../../host-provisioning/undo/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { invalid, RoostError } from "../errors.ts";
import type { ActionOptions, HostActions, Planning } from "../host-actions/service.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import type { Scans } from "../scans/service.ts";
import type { Optimized, OptimizeRequest, ProfileList, ProfilesQuery } from "./contract.ts";

const surveyLimits = { deadlineMs: 30_000, capBytes: 8 * 1024 * 1024 };

interface Dependencies {
  scans: Pick<Scans, "discover" | "scan">;
  reader: Pick<HostReader, "find" | "run">;
  actions: Pick<HostActions, "run">;
}

/** What a host is tuned for: what is right of a profile, or the values of `set` alone. */
export interface TuningWish {
  host: string | undefined;
  area: AreaName | "auto";
  /** Default: what its hardware speaks for. */
  profile?: ProfileName;
  set?: Readonly<Record<string, string>>;
  /** Mount options and trim are changed too. Default: false, they are told. */
  mounts?: boolean;
}

function draftOf(mounts: MountJudgement[], { system }: Facts, { files }: Survey): Draft {
  return draftMounts(mounts, system.mounts, files.get("/etc/fstab") ?? "");
}

function planOf(set: NonNullable<TuningWish["set"]>, survey: Survey): TuningPlan {
  const planned = tuneTo(set, survey);
  if ("plan" in planned) return planned.plan;
  const [first] = planned.faults;
  throw invalid(`set.${first?.name}`, first?.reason ?? "");
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
    const wish = { host: request.host, area, profile: request.profile, mounts: request.mounts };
    return this.#deps.actions.run(principal, request, () => this.plan(principal, wish, options), options);
  }

  /**
   * What tuning a host means, found out by a new scan; nothing is rehearsed yet.
   * @throws invalid naming a value of `set` that is not set here.
   */
  async plan(principal: Principal, wish: TuningWish, options: ActionOptions = {}) {
    const { scans, reader } = this.#deps;
    const host = await reader.find(principal, wish.host, "host");
    const { scan, facts } = await scans.scan(principal, host.id, options);
    const survey = await this.#survey(host, options.signal);
    const chosen = chooseProfile(facts);
    const { area, profile = chosen.profile, set } = wish;
    const areas = area === "auto" ? areaNames : [area];
    const { judgements, plan } = set
      ? { judgements: [], plan: planOf(set, survey) }
      : tune(profile, facts, survey, { areas });
    const { writes, already, kept, missing, untilRestart } = plan;
    const files = plan.files.map(({ path, text }) => ({ path, text }));
    const mounts = !set && areas.includes("disk") ? judgeMounts(facts, survey) : [];
    const told = { writes, files, already, kept, missing, untilRestart, mounts };
    const reason = set ? "Values as asked." : wish.profile === undefined ? chosen.reason : "As asked.";
    const planning: Planning<Optimized["detail"]> = {
      kind: "tuning",
      title: set ? `tuning: ${Object.keys(set).join(", ")}`.slice(0, 200) : `tuning: ${area}, ${profile}`,
      request: set ? { set } : { area, profile, ...(wish.mounts && { mounts: true }) },
      draft: wish.mounts ? bothDrafts(draftTuning(plan), draftOf(mounts, facts, survey)) : draftTuning(plan),
      detail: { scan: scan.id, profile, reason, judgements, ...told },
      packages: 0,
      risky: isRisky({ live: writes.map(({ path }) => path) }),
    };
    return { host, planning };
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
