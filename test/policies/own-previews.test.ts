import { describe, expect, it } from "@jest/globals";
import type { Graph } from "../../components/testing/index.ts";
import { documentType } from "../../policies/documents.ts";
import { countOutcomes, evaluate, rules } from "../../policies/index.ts";
import { exampleGraph, examplesOf, programs } from "../stacks/example.ts";
import { accepted } from "./own-graphs.ts";

const cases = programs.flatMap((program) =>
  examplesOf(program).map((example) => [program, example] as const),
);
const recorded = new Map<string, Promise<Graph>>();

/** Recorded once: each takes a second. */
function previewOf(program: string, example: string): Promise<Graph> {
  const key = `${program} ${example}`;
  const graph = recorded.get(key) ?? exampleGraph(program, example, {}, { preview: true });
  recorded.set(key, graph);
  return graph;
}

/** Values that a preview does not know. */
function unknowns({ resources }: Graph): number {
  return JSON.stringify(resources).split('"[unknown]"').length - 1;
}

describe("the first preview of the stacks that come with Roost, when no cloud has answered yet", () => {
  it.each(cases)("%s, %s: nothing is refused that is right, and nothing is left open", async (...given) => {
    const { outcomes } = evaluate(rules, await previewOf(...given), accepted);
    const others = outcomes.filter(({ kind }) => kind !== "excepted");
    expect(others.map(({ kind, rule, name, message }) => [kind, rule.id, name, message])).toEqual([]);
  });

  it("is not decided for want of anything open", async () => {
    let unknown = 0;
    for (const each of cases) unknown += unknowns(await previewOf(...each));
    expect(unknown).toBeGreaterThan(1000);
  });

  it("needs what is said beside texts: without it their rules cannot decide", async () => {
    const graph = await previewOf("web-service", "production");
    const resources = graph.resources.filter(({ type }) => type !== documentType);
    const { outcomes } = evaluate(rules, { resources }, accepted);
    const open = outcomes.filter(({ kind }) => kind === "cannot-decide").map(({ rule }) => rule.id);
    expect([...new Set(open)].sort()).toEqual([
      ...["ecs-logs", "ecs-no-plain-secrets", "ecs-no-privilege", "ecs-non-root", "ecs-pinned-images"],
      ...["ecs-readonly-root", "ecs-roles", "iam-least-privilege", "s3-public-access", "s3-tls-only"],
    ]);
  });

  it("is counted where a rule needs what is not known", async () => {
    const graph = structuredClone(await previewOf("monitoring", "production"));
    const workload = graph.resources.find(({ type }) => type.endsWith(":StatefulSet"))!;
    workload.inputs.spec = "[unknown]";
    expect(countOutcomes(evaluate(rules, graph))["cannot-decide"]).toBeGreaterThan(0);
  });
});
