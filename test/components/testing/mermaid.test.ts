import { expect, it } from "@jest/globals";
import { drawGraph, type Graph, type GraphResource } from "../../../components/testing/index.ts";

function resource(name: string, more: Partial<GraphResource> = {}): GraphResource {
  const type = more.type ?? "aws:s3/bucket:Bucket";
  return {
    urn: `urn::${name}`,
    type,
    name,
    custom: true,
    inputs: {},
    references: {},
    dependsOn: [],
    options: {},
    ...more,
  };
}

const graph = (...resources: GraphResource[]): Graph => ({
  format: "roost-graph/1",
  project: "p",
  stack: "s",
  resources,
  outputs: {},
});

it("draws a frame for a component, a box for a resource, an arrow to what needs it", () => {
  const text = drawGraph(
    graph(
      resource("one-bucket", { parent: "urn::one" }),
      resource("one-policy", {
        parent: "urn::one",
        type: "aws:s3/bucketPolicy:BucketPolicy",
        references: { bucket: ["urn::one-bucket"], policy: ["urn::one-bucket"] },
      }),
      resource("one", { type: "roost-components:index:ObjectStore", custom: false }),
      resource("web", { type: "kubernetes:apps/v1:Deployment", dependsOn: ["urn::one"] }),
    ),
  );
  expect(text).toBe(
    [
      "flowchart LR",
      '  subgraph r2["one<br/>ObjectStore"]',
      '    r0["one-bucket<br/>aws s3 Bucket"]',
      '    r1["one-policy<br/>aws s3 BucketPolicy"]',
      "  end",
      '  r3["web<br/>kubernetes apps/v1 Deployment"]',
      "  r0 --> r1",
      "  r2 --> r3",
      "",
    ].join("\n"),
  );
});

it("leaves out an arrow that others imply, and one to what the resource is inside of", () => {
  const text = drawGraph(
    graph(
      resource("a"),
      resource("b", { references: { x: ["urn::a"] } }),
      resource("c", { references: { x: ["urn::a"], y: ["urn::b"] } }),
      resource("d", { parent: "urn::c", dependsOn: ["urn::c", "urn::gone"] }),
    ),
  );
  expect(text.match(/r\d --> r\d/g)).toEqual(["r0 --> r1", "r1 --> r2"]);
});

it("ends although resources need each other", () => {
  const text = drawGraph(
    graph(resource("a", { dependsOn: ["urn::b"] }), resource("b", { dependsOn: ["urn::a"] })),
  );
  expect(text).toContain('r1["b<br/>');
});

it("writes what Mermaid would take for its own as numbers", () => {
  expect(drawGraph(graph(resource('a"] --> #x<b>')))).toContain(
    '["a#34;] --#62; #35;x#60;b#62;<br/>aws s3 Bucket"]',
  );
});
