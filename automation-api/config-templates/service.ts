import { z } from "zod";
import {
  type ConfigTemplate,
  configTemplates,
  ParameterFault,
} from "../../host-provisioning/config-templates/index.ts";
import type { Facts } from "../../host-provisioning/facts/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { invalid } from "../errors.ts";
import type { Scans } from "../scans/service.ts";
import { zshrcRequest } from "../terminal/service.ts";
import type { GeneratedConfig, TemplateList } from "./contract.ts";
import type { GenerateRequest } from "./requests.ts";

/** Made from a description instead of a scan; its fields stand beside `template`. */
const zshrc = {
  name: "zshrc",
  summary: "A shell's configuration from its description, or from that of another framework",
  parameters: z.toJSONSchema(zshrcRequest, { io: "input" }),
};

/** Makes configuration from what the last scan of a host tells. Nothing is changed there. */
export class ConfigTemplates {
  readonly #scans: Pick<Scans, "discover">;

  constructor(scans: Pick<Scans, "discover">) {
    this.#scans = scans;
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
    const template = configTemplates.find(({ name }) => name === request.template) as ConfigTemplate;
    const { scan, facts } = await this.#scans.discover(principal, { host: request.host, fresh: "0" });
    return { template: template.name, scan: scan.id, ...make(template, facts, request.parameters ?? {}) };
  }
}

function make(template: ConfigTemplate, facts: Facts, parameters: Record<string, unknown>) {
  try {
    return template.generate(facts, template.parameters.parse(parameters));
  } catch (error) {
    if (error instanceof ParameterFault) throw invalid(`parameters.${error.parameter}`, error.message);
    throw error;
  }
}
