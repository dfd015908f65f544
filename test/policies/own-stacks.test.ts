import { describe, expect, it } from "@jest/globals";
import { evaluate, rules } from "../../policies/index.ts";
import { accepted, componentGraphs, stackGraphs } from "./own-graphs.ts";

describe("the stacks that come with Roost keep every rule", () => {
  it.each(stackGraphs)("%s: no finding, nothing that cannot be decided, nothing to repair", (_, graph) => {
    const verdict = evaluate(rules, graph, accepted);
    const open = verdict.outcomes.filter(({ kind }) => kind !== "excepted");
    expect(open.map(({ kind, rule, name, message }) => [kind, rule.id, name, message])).toEqual([]);
    expect(verdict.checks).toBeGreaterThan(0);
  });

  it.each(componentGraphs)("%s: nothing but tags of a stage, which an example does not have", (_, graph) => {
    const { outcomes } = evaluate(rules, graph);
    const others = outcomes.filter(({ kind, rule }) => kind !== "remediation" || rule.id !== "tags");
    expect(others.map(({ kind, rule, name, message }) => [kind, rule.id, name, message])).toEqual([]);
  });

  it("is not for want of something to judge: all other rules are asked about them", () => {
    const graphs = [...stackGraphs, ...componentGraphs].map(([, graph]) => graph);
    const unasked = rules.filter((rule) => graphs.every((graph) => evaluate([rule], graph).checks === 0));
    expect(unasked.map(({ id }) => id)).toEqual(["stage-boundaries", "ssh-pinned-host"]);
  });

  it("has no exception that nothing needs", () => {
    const needed = stackGraphs.flatMap(([, graph]) => evaluate(rules, graph, accepted).outcomes);
    const asked = Object.values(accepted.settings).flatMap((own) =>
      typeof own === "string" ? [] : (own.exceptions ?? []),
    );
    expect(asked.length).toBeGreaterThan(0);
    for (const each of asked) {
      expect(needed.map(({ exception }) => exception?.resource)).toContain(each.resource);
    }
  });
});
