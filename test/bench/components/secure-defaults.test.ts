import { expect, it } from "@jest/globals";
import { secureDefaults, unmetDefaults } from "../../../bench/components/secure-defaults.ts";
import { exampleGraph } from "../../stacks/example.ts";

it("are all met by the production web service, and each can fail", async () => {
  const graph = await exampleGraph("web-service", "production");
  expect(unmetDefaults(graph)).toEqual([]);
  // Without inputs nothing is left that a default could be seen in.
  const bare = { ...graph, resources: graph.resources.map((resource) => ({ ...resource, inputs: {} })) };
  expect(unmetDefaults(bare)).toHaveLength(secureDefaults.length);
});

it("are not all met by the one for dev, which has no spares", async () => {
  expect(unmetDefaults(await exampleGraph("web-service", "dev"))).toEqual(
    expect.arrayContaining(["PostgreSQL: a standby in another zone", "Network: a NAT gateway in each zone"]),
  );
});
