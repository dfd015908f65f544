import { randomBytes } from "node:crypto";
import { z } from "zod";
import {
  type ConfigTemplate,
  configTemplates,
  draftConfig,
  type Generated,
  ParameterFault,
  pathsOf,
} from "../../host-provisioning/config-templates/index.ts";
import type { Facts } from "../../host-provisioning/facts/index.ts";
import { filesScript, type Present, readFiles } from "../../host-provisioning/files/index.ts";
import { isRisky } from "../../host-provisioning/undo/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { invalid, RoostError } from "../errors.ts";
import type { ActionOptions, HostActions } from "../host-actions/service.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import type { Scans } from "../scans/service.ts";
import { zshrcRequest } from "../terminal/service.ts";
import type { AppliedConfig, GeneratedConfig, TemplateList } from "./contract.ts";
import type { ApplyRequest, GenerateRequest } from "./requests.ts";

/** Made from a description instead of a scan; its fields stand beside `template`. */
const zshrc = {
  name: "zshrc",
  summary: "A shell's configuration from its description, or from that of another framework",
  parameters: z.toJSONSchema(zshrcRequest, { io: "input" }),
};

interface Dependencies {
  scans: Pick<Scans, "discover" | "scan">;
  reader: Pick<HostReader, "find" | "run">;
  actions: Pick<HostActions, "run">;
}

/** Makes configuration from what a scan of a host tells, and puts it in place there. */
export class ConfigTemplates {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  list(principal: Principal): TemplateList {
    authorize(principal, "host:read");
    const items = configTemplates.map(({ name, summary, parameters }) => ({
      name,
      summary,
      parameters: z.toJSONSchema(parameters, { io: "input" }),
    }));
    return { items: [...items, zshrc] };
  }

  /** @throws invalid naming a parameter that does not fit the host; not_found for a host without a scan. */
  async generate(principal: Principal, request: GenerateRequest): Promise<GeneratedConfig> {
    authorize(principal, "host:read");
    const template = templateOf(request);
    const { scan, facts } = await this.#deps.scans.discover(principal, { host: request.host, fresh: "0" });
    return { template: template.name, scan: scan.id, ...make(template, facts, request.parameters ?? {}) };
  }

  /**
   * Generates from a new scan, and puts that in place unless only a preview is asked for. Nothing on the host is
   * changed by files that their own program refuses.
   * @throws invalid as generate; unprocessable for a host where such files cannot be, or when the program refuses.
   */
  async apply(
    principal: Principal,
    request: ApplyRequest,
    options: ActionOptions = {},
  ): Promise<AppliedConfig> {
    const { scans, reader, actions } = this.#deps;
    const template = templateOf(request);
    const planning = async () => {
      const host = await reader.find(principal, request.host, "host");
      const { scan, facts } = await scans.scan(principal, host.id, options);
      const generated = make(template, facts, request.parameters ?? {});
      const drafted = draftConfig(generated, await this.#read(host, generated, options.signal));
      if ("faults" in drafted)
        throw new RoostError("unprocessable", `${host.name}: ${drafted.faults.join("; ")}.`);
      const { choices, validator, refresh, live = [] } = generated;
      const { draft, files } = drafted;
      const { parameters = {} } = request;
      const detail = { template: template.name, scan: scan.id, choices, validator, files, refresh };
      const title = `config: ${template.name}`;
      const pathOf = ({ path }: { path: string }) => path;
      const risky = isRisky({ files: files.map(pathOf), live: live.map(pathOf) });
      const asked = { template: template.name, parameters };
      return {
        host,
        planning: { kind: "config" as const, title, request: asked, draft, detail, packages: 0, risky },
      };
    };
    return actions.run(principal, request, planning, options);
  }

  async #read(host: ReadableHost, generated: Generated, signal?: AbortSignal): Promise<Map<string, Present>> {
    const mark = randomBytes(16).toString("hex");
    const paths = pathsOf(generated);
    const run = { script: filesScript(mark, paths), deadlineMs: 30_000, capBytes: 16 * 1024 * 1024, signal };
    const { stdout } = await this.#deps.reader.run(host, run);
    const present = readFiles(stdout, mark, paths);
    if (present) return present;
    throw new RoostError("unprocessable", `${host.name}: Its files could not be read to their end.`);
  }
}

function templateOf(request: { template: string }): ConfigTemplate {
  return configTemplates.find(({ name }) => name === request.template) as ConfigTemplate;
}

function make(template: ConfigTemplate, facts: Facts, parameters: Record<string, unknown>) {
  try {
    return template.generate(facts, template.parameters.parse(parameters));
  } catch (error) {
    if (error instanceof ParameterFault) throw invalid(`parameters.${error.parameter}`, error.message);
    throw error;
  }
}
