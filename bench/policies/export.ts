import type { Graph } from "../../components/testing/index.ts";
import { toCloudFormation } from "../../stacks/export/cloudformation.ts";

/**
 * Exports a graph to CloudFormation, the part of `estate_1000_check_export_s` after recording and checking.
 *
 * @returns seconds, and how many resources the templates hold
 * @throws Error when something has no counterpart: half an export is quick for a bad reason
 */
export function measureExport(graph: Graph): { resources: number; seconds: number } {
  const start = performance.now();
  const { templates, unmapped } = toCloudFormation(graph);
  const text = JSON.stringify(templates);
  const seconds = (performance.now() - start) / 1000;
  if (unmapped.length > 0) throw new Error(`${unmapped.length} unmapped: ${JSON.stringify(unmapped[0])}`);
  const made = Object.values(JSON.parse(text) as typeof templates);
  return { resources: made.reduce((sum, { Resources }) => sum + Object.keys(Resources).length, 0), seconds };
}
