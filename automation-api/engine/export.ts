import {
  type ExportedGraph,
  type ExportFormat,
  type ExportSettings,
  exportFormats,
} from "../../stacks/export/index.ts";
import type { readGraph } from "../../stacks/graph.ts";

export type { ExportedGraph, ExportFormat };

/** A recorded graph as documents of another tool. */
export function exportGraph(
  graph: ReturnType<typeof readGraph>,
  format: ExportFormat,
  settings: ExportSettings,
): ExportedGraph {
  return exportFormats[format](graph, settings);
}
