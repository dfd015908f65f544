// A stack in the words of other tools, so that their rules can judge it before it exists.

import type { Graph } from "../../components/testing/index.ts";
import { toCloudFormation } from "./cloudformation.ts";
import type { Finding } from "./mapping.ts";
import { toTerraformPlan } from "./terraform-plan.ts";

export interface ExportSettings {
  /** Region of resources that name none. Default: that of the availability zones in the graph, else unknown. */
  region?: string;
}

export interface ExportedGraph {
  /** By name, the one that others belong to first. */
  documents: { name: string; document: object }[];
  /** What the format might have a word for and the mapping has none. */
  unmapped: Finding[];
  /** What needs no counterpart, with the reason. */
  omitted: Finding[];
}

/** The formats that a graph can be exported to. */
export const exportFormats = {
  cloudformation: (graph: Graph, settings: ExportSettings = {}): ExportedGraph => {
    const { templates, ...rest } = toCloudFormation(graph, settings);
    const documents = Object.entries(templates).map(([name, document]) => ({ name, document }));
    const size = ({ document }: (typeof documents)[number]) => Object.keys(document.Resources).length;
    return { documents: documents.sort((a, b) => size(b) - size(a)), ...rest };
  },
  "terraform-plan": (graph: Graph): ExportedGraph => {
    const { plan, ...rest } = toTerraformPlan(graph);
    const isEmpty = plan.resource_changes.length === 0;
    return { documents: isEmpty ? [] : [{ name: "plan", document: plan }], ...rest };
  },
};

export type ExportFormat = keyof typeof exportFormats;
