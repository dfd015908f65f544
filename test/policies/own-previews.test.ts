import { describe, expect, it } from "@jest/globals";
import type { Graph } from "../../components/testing/index.ts";
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

/**
 * What a first preview leaves open, by the input that rules would read: both are JSON in one text, of which the
 * engine knows nothing while any part, such as the ARN of a secret, is not known. An update decides all of it
 * before it makes the resource. The list may only become shorter.
 */
const open: Record<string, string[]> = {
  containerDefinitions: [
    ...["ecs-readonly-root", "ecs-non-root", "ecs-no-privilege", "ecs-no-plain-secrets"],
    ...["ecs-logs", "ecs-pinned-images"],
  ],
  policy: ["ecs-roles", "s3-public-access", "s3-tls-only", "iam-least-privilege", "session-limits"],
};

/** Values that a preview does not know. */
function unknowns({ resources }: Graph): number {
  return JSON.stringify(resources).split('"[unknown]"').length - 1;
}

describe("the first preview of the stacks that come with Roost, when no cloud has answered yet", () => {
  it.each(cases)("%s, %s: nothing is refused that is right, and little is left open", async (...given) => {
    const { outcomes } = evaluate(rules, await previewOf(...given), accepted);
    const undecided = outcomes.filter(({ kind }) => kind === "cannot-decide");
    const others = outcomes.filter(({ kind }) => kind !== "excepted" && kind !== "cannot-decide");
    expect(others.map(({ kind, rule, name, message }) => [kind, rule.id, name, message])).toEqual([]);
    const unexpected = undecided.filter(({ rule, path = "" }) => !open[path]?.includes(rule.id));
    expect(unexpected.map(({ rule, name, message }) => [rule.id, name, message])).toEqual([]);
  });

  it("names nothing as left open that no stack leaves open", async () => {
    const seen = new Set<string>();
    let unknown = 0;
    for (const each of cases) {
      const graph = await previewOf(...each);
      unknown += unknowns(graph);
      for (const { kind, rule, path } of evaluate(rules, graph, accepted).outcomes) {
        if (kind === "cannot-decide") seen.add(`${path} ${rule.id}`);
      }
    }
    const named = Object.entries(open).flatMap(([path, ids]) => ids.map((id) => `${path} ${id}`));
    expect([...seen].sort()).toEqual(named.sort());
    // Else all would be decided for a bad reason.
    expect(unknown).toBeGreaterThan(1000);
  });

  it("is counted where a rule needs what is not known", async () => {
    const graph = structuredClone(await previewOf("monitoring", "production"));
    const workload = graph.resources.find(({ type }) => type.endsWith(":StatefulSet"))!;
    workload.inputs.spec = "[unknown]";
    expect(countOutcomes(evaluate(rules, graph))["cannot-decide"]).toBeGreaterThan(0);
  });
});
