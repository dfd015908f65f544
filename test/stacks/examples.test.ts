import { describe, expect, it } from "@jest/globals";
import { readStackFile } from "../../automation-api/cli/stack-file.ts";
import { namingFaults, podSecurityFaults } from "../../components/testing/index.ts";
import { expectGolden } from "../support/golden.ts";
import { exampleGraph, examplesOf, exampleText, programs } from "./example.ts";

const cases = programs.flatMap((program) =>
  examplesOf(program).map((example) => [program, example] as const),
);

describe("the examples of the stacks", () => {
  it.each(programs)("%s has one for dev and one for production", (program) => {
    expect(examplesOf(program).sort()).toEqual(["dev", "production"]);
  });

  it.each(cases)("%s, %s: is for that program and makes the graph that is kept", async (program, example) => {
    expect(readStackFile(exampleText(program, example)).program).toBe(program);
    const graph = await exampleGraph(program, example);
    expect(namingFaults(graph)).toEqual([]);
    expect(podSecurityFaults(graph)).toEqual([]);
    expectGolden(graph, `test/stacks/fixtures/${program}-${example}.json`);
  });

  it.each(programs)("%s: production alone refuses to be destroyed by mistake", async (program) => {
    const guarded = async (example: string) =>
      (await exampleGraph(program, example)).resources
        .filter(
          ({ options, inputs }) =>
            options.protect || inputs.deletionProtection === true || inputs.enableDeletionProtection === true,
        )
        .map(({ name }) => name);
    expect(await guarded("dev")).toEqual([]);
    // What monitoring keeps is metrics of some weeks, which a new one collects again; sessions keep nothing.
    if (!["monitoring", "sessions"].includes(program)) expect(await guarded("production")).not.toEqual([]);
  });
});
