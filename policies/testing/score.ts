import { documentType } from "../documents.ts";
import { type EvaluateSettings, evaluate, type Outcome, type RecordedGraph } from "../evaluate.ts";
import type { Rule } from "../rule.ts";
import { mutantsOf } from "./mutations.ts";
import { shapes } from "./shapes.ts";
import { productionWeakenings, weakenings } from "./weakenings.ts";

export interface Score {
  mutants: number;
  killed: number;
  /** What was weakened and not found → where, and in which shape. */
  survivors: Map<string, string[]>;
  /** Findings in good graphs, as they are and in every other shape. */
  falsePositives: string[];
}

/**
 * How well rules find what makes good graphs weaker: each graph is weakened in every way that is listed, as it is
 * and in each other shape. A mutant is killed by an outcome that the good graph does not have.
 *
 * @param most resources of a kind that are mutated in one graph
 * @param given settings with the exceptions that hold for the good graphs
 */
export function scoreOf(
  rules: readonly Rule[],
  graphs: [name: string, graph: RecordedGraph][],
  most = 2,
  given: EvaluateSettings = {},
): Score {
  const score: Score = { mutants: 0, killed: 0, survivors: new Map(), falsePositives: [] };
  for (const [name, whole] of graphs) {
    // A text that was weakened differs from what is said beside it, which would find every mutant of it.
    const resources = whole.resources.filter(({ type }) => type !== documentType);
    const graph = { ...whole, resources };
    const isProduction = graph.resources.some(({ urn }) => urn.startsWith("urn:pulumi:production::"));
    const list = isProduction ? [...weakenings, ...productionWeakenings] : weakenings;
    const mutants = [...mutantsOf(graph, list, most)];
    for (const [shape, reshape] of [
      ["as it is", (same: RecordedGraph) => same] as const,
      ...Object.entries(shapes),
    ]) {
      const shaped = reshape(graph);
      // Not every shape is another one for every graph.
      if (shaped !== graph && JSON.stringify(shaped) === JSON.stringify(graph)) continue;
      const usual = findings(rules, shaped, given);
      for (const [key, { kind, rule, message }] of usual)
        if (kind !== "excepted") score.falsePositives.push(`${name}, ${shape}: ${rule.id} ${key} ${message}`);
      for (const { what, resource, graph: mutant } of mutants) {
        score.mutants += 1;
        const isKilled = [...findings(rules, reshape(mutant), given).keys()].some((key) => !usual.has(key));
        if (isKilled) score.killed += 1;
        else
          score.survivors.set(what, [...(score.survivors.get(what) ?? []), `${name}: ${resource}, ${shape}`]);
      }
    }
  }
  return score;
}

function findings(
  rules: readonly Rule[],
  graph: RecordedGraph,
  given: EvaluateSettings,
): Map<string, Outcome> {
  const { outcomes } = evaluate(rules, graph, given);
  return new Map(
    outcomes
      .filter(({ kind }) => kind !== "remediation")
      .map((outcome) => [`${outcome.kind} ${outcome.rule.id} ${outcome.urn} ${outcome.message}`, outcome]),
  );
}
