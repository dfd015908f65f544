import { describe, expect, it } from "@jest/globals";
import { recordEstate } from "../../../bench/components/estate.ts";
import { measureExport } from "../../../bench/policies/export.ts";
import { graphOf, resource } from "../../stacks/export/graph.ts";

describe("the export that is measured", () => {
  it("is of the whole estate: each resource that CloudFormation has apart", async () => {
    const graph = await recordEstate(1);
    const { resources, seconds } = measureExport(graph);
    const buckets = graph.resources.filter(
      ({ type }) => type.startsWith("aws:s3/bucket") && !/Policy$/.test(type),
    );
    expect(resources).toBeGreaterThan(graph.resources.filter(({ custom }) => custom).length - buckets.length);
    expect(seconds).toBeGreaterThan(0);
  });

  it("does not count when something is left out", () => {
    expect(() => measureExport(graphOf(resource("aws:no/such:Such", "a", {})))).toThrow("1 unmapped");
  });
});
