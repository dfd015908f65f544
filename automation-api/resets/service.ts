import { randomBytes } from "node:crypto";
import type { Facts } from "../../host-provisioning/facts/index.ts";
import {
  changesSettings,
  classifyPackages,
  dependentsOf,
  draftReset,
  planReset,
  readSurvey,
  type Selection,
  type Survey,
  surveyScript,
  wholeProfile,
} from "../../host-provisioning/reset/index.ts";
import { isRisky } from "../../host-provisioning/undo/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import type { RequestContext } from "../deployments/service.ts";
import { invalid, RoostError } from "../errors.ts";
import type { HostAction } from "../host-actions/contract.ts";
import type { ActionOptions, HostActions } from "../host-actions/service.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import type { Scans } from "../scans/service.ts";
import type {
  CustomRequest,
  ExecuteRequest,
  Preview,
  PreviewRequest,
  Reset,
  RollbackRequest,
} from "./contract.ts";
import { affectedPeople, selectionOf } from "./domain.ts";

const surveyLimits = { deadlineMs: 120_000, capBytes: 64 * 1024 * 1024 };

interface Dependencies {
  reader: HostReader;
  scans: Scans;
  actions: HostActions;
}

/** Resets of hosts: what is there for what, and which of it is to go. What follows is the actions' business. */
export class Resets {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** What each package and file of a host is there for. */
  async analyze(principal: Principal, reference: string | undefined, options: ActionOptions = {}) {
    authorize(principal, "host:connect");
    const host = await this.#deps.reader.find(principal, reference, "query.host");
    const { facts, survey } = await this.#look(principal, host, options);
    const { packages } = facts.software;
    const dependents = dependentsOf(packages);
    const loose = survey.files.filter(({ path }) => survey.owners[path] === undefined);
    const groups = Map.groupBy(loose, (file) => file.class);
    const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
    return {
      host: { id: host.id, name: host.name },
      packages: Object.entries(classifyPackages(facts, survey)).map(([name, classified]) => ({
        name,
        version: packages[name]?.version ?? "",
        bytes: packages[name]?.bytes ?? 0,
        neededBy: dependents.get(name) ?? [],
        ...classified,
      })),
      others: survey.others,
      files: [...groups].map(([kind, files]) => ({
        class: kind,
        files: files.length,
        bytes: sum(files.map(({ bytes }) => bytes)),
        allocatedBytes: sum(files.map(({ allocatedBytes }) => allocatedBytes)),
      })),
    };
  }

  /** Plans and rehearses; the host stays as it is. */
  async preview(
    principal: Principal,
    request: PreviewRequest,
    options: ActionOptions = {},
  ): Promise<Preview> {
    const { host, ...selection } = request;
    return this.#plan(principal, host, selection, options);
  }

  /** As `preview`, for a workflow of one's own. */
  async custom(principal: Principal, request: CustomRequest, options: ActionOptions = {}): Promise<Preview> {
    const selection = selectionOf(request.workflow);
    const { include } = selection.packages;
    if (selection.profile === null && include.length === 0 && selection.paths.include.length === 0)
      throw invalid("workflow", "nothing of it takes anything away");
    return this.#plan(principal, request.host, selection, options);
  }

  /** Queues what a preview showed. */
  async execute(
    principal: Principal,
    { reset, ...request }: ExecuteRequest,
    context: RequestContext = {},
  ): Promise<Reset> {
    return view(await this.#deps.actions.execute(principal, reset, request, context, "reset"));
  }

  /** Queues the way back. */
  async rollback(
    principal: Principal,
    { reset, onChange }: RollbackRequest,
    context: RequestContext = {},
  ): Promise<Reset> {
    return view(await this.#deps.actions.rollback(principal, reset, onChange, context, "reset"));
  }

  async status(principal: Principal, id: string): Promise<Reset> {
    return view(await this.#deps.actions.status(principal, id, "reset"));
  }

  async #plan(
    principal: Principal,
    reference: string | undefined,
    selection: Selection,
    options: ActionOptions,
  ): Promise<Preview> {
    authorize(principal, "host:connect");
    const host = await this.#deps.reader.find(principal, reference, "host");
    const { facts, survey } = await this.#look(principal, host, options, selection.paths.include);
    const plan = planReset(facts, survey, selection);
    const { profile } = selection;
    const isHeavy = profile !== null && wholeProfile(profile).needsConfirmation;
    const { work, ...detail } = plan;
    const planned = await this.#deps.actions.plan(
      principal,
      host,
      {
        kind: "reset",
        title: `reset: ${profile ?? "custom"}`,
        request: selection,
        draft: draftReset(work),
        detail,
        packages: detail.packages.length,
        needsWords: isHeavy,
        risky: isHeavy || changesSettings(work) || isRisky({ names: work.packages }),
      },
      options,
    );
    const { confirm, changes } = planned;
    const people = affectedPeople(survey.people, changes);
    return { ...view(planned), confirm, changes, people, ...planned.detail };
  }

  async #look(
    principal: Principal,
    host: ReadableHost,
    { requestId, signal }: ActionOptions,
    wanted: readonly string[] = [],
  ): Promise<{ facts: Facts; survey: Survey }> {
    const { facts } = await this.#deps.scans.scan(principal, host.id, { requestId, signal });
    if (facts.software.manager !== "dpkg") {
      const system = facts.system.os.name ?? "Its system";
      throw new RoostError(
        "unprocessable",
        `${host.name}: ${system} cannot be reset yet, only Debian and its relatives.`,
      );
    }
    const mark = randomBytes(16).toString("hex");
    const run = { script: surveyScript(mark, wanted), ...surveyLimits, signal };
    const { stdout } = await this.#deps.reader.run(host, run);
    const survey = readSurvey(stdout, mark);
    if (survey) return { facts, survey };
    throw new RoostError("unprocessable", `${host.name}: The survey did not come to its end there.`);
  }
}

function view({ kind, title, request, ...action }: HostAction): Reset {
  return { ...action, profile: (request as { profile: Reset["profile"] }).profile };
}
