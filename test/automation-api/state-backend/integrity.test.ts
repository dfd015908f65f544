import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Checkpoint, ResourceState } from "../../../automation-api/state-backend/checkpoint.ts";
import { findFaults, isOrderFault, magicOf } from "../../../automation-api/state-backend/integrity.ts";
import { sortByNeeds } from "../../../automation-api/state-backend/order.ts";
import { baseOf, plans } from "./journal-model.ts";

const urn = (name: string, type = "a:b:c") => `urn:pulumi:s::p::${type}::${name}`;
const make = (name: string, more: Partial<ResourceState> = {}): ResourceState => ({
  urn: urn(name),
  type: "a:b:c",
  custom: true,
  id: name,
  ...more,
});
const provider = make("pr", { urn: urn("pr", "pulumi:providers:a"), type: "pulumi:providers:a", id: "1" });
const uses = { provider: `${provider.urn}::1` };
const stateOf = (resources: ResourceState[], more: object = {}): Checkpoint => ({
  version: 3,
  deployment: { manifest: { time: "", magic: "", version: "" }, resources, ...more },
});

describe("findFaults", () => {
  const cases: [string, Checkpoint, string[]][] = [
    ["an empty stack", { version: 3, deployment: null }, []],
    [
      "a good order",
      stateOf([
        provider,
        make("a", uses),
        make("b", { ...uses, parent: urn("a"), dependencies: [urn("a")] }),
      ]),
      [],
    ],
    ["a provider that comes later", stateOf([make("a", uses), provider]), ["provider-later"]],
    ["a provider that is not there", stateOf([make("a", uses)]), ["provider-missing"]],
    [
      "a provider with another id",
      stateOf([{ ...provider, id: "2" }, make("a", uses)]),
      ["provider-missing"],
    ],
    [
      "a provider gone before its resource's replacement",
      stateOf([make("a", { ...uses, pendingReplacement: true })]),
      [],
    ],
    [
      "no provider reference",
      stateOf([make("a", { provider: "x" })]),
      ["provider-malformed", "provider-missing"],
    ],
    [
      "a provider whose URN says otherwise",
      stateOf([{ ...provider, urn: urn("pr") }]),
      ["provider-malformed"],
    ],
    ["a parent that comes later", stateOf([make("a", { parent: urn("b") }), make("b")]), ["parent-later"]],
    ["a parent that is not there", stateOf([make("a", { parent: urn("b") })]), ["parent-missing"]],
    [
      "a dependency that comes later",
      stateOf([make("a", { dependencies: [urn("b")] }), make("b")]),
      ["dependency-later"],
    ],
    [
      "a dependency that is not there",
      stateOf([make("a", { dependencies: [urn("b")] })]),
      ["dependency-missing"],
    ],
    [
      "a property's dependency that is not there",
      stateOf([make("a", { propertyDependencies: { x: [urn("b")], y: null } })]),
      ["property-dependency-missing"],
    ],
    [
      "a fellow in deletion that is not there",
      stateOf([make("a", { deletedWith: urn("b") })]),
      ["deleted-with-missing"],
    ],
    ["two live resources of one URN", stateOf([make("a"), make("a")]), ["urn-duplicate"]],
    [
      "one live resource among deleted ones",
      stateOf([make("a"), make("a", { delete: true }), make("a", { delete: true })]),
      [],
    ],
    ["a component with an id", stateOf([make("a", { custom: false })]), ["component-id"]],
    ["no URN", stateOf([make("a", { urn: "" })]), ["urn-missing"]],
    ["no type", stateOf([make("a", { type: "" })]), ["type-missing"]],
    [
      "a manifest of another engine",
      stateOf([], { manifest: { time: "", magic: "x", version: "v3" } }),
      ["manifest-magic"],
    ],
    [
      "a manifest that is right",
      stateOf([], { manifest: { time: "", magic: magicOf("v3"), version: "v3" } }),
      [],
    ],
    [
      "snippets that share a uuid",
      stateOf([], { snippets: [{ uuid: "1" }, { uuid: "1" }, { uuid: "" }] }),
      ["snippet-uuid", "snippet-uuid"],
    ],
  ];
  it.each(cases)("%s", (_name, checkpoint, rules) => {
    expect(findFaults(checkpoint).map(({ rule }) => rule)).toEqual(rules);
  });
});

describe("sortByNeeds", () => {
  it("mends any disorder of a good state, and leaves a good order alone", () => {
    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.nat()), (plan, numbers) => {
        const resources = baseOf(plan).deployment?.resources ?? [];
        expect(sortByNeeds(resources)).toEqual(resources);
        const shuffled = resources
          .map((resource) => ({ resource, key: numbers.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ resource }) => resource);
        expect(findFaults(stateOf(shuffled)).every(isOrderFault)).toBe(true);
        expect(findFaults(stateOf(sortByNeeds(shuffled) as ResourceState[]))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("gives up on a circle", () => {
    expect(sortByNeeds([make("a", { parent: urn("b") }), make("b", { parent: urn("a") })])).toBeUndefined();
  });

  it("does not overflow on a chain of 20,000", () => {
    const chain = Array.from({ length: 20_000 }, (_, position) =>
      make(`${position}`, { dependencies: [urn(`${position + 1}`)] }),
    );
    expect(sortByNeeds([...chain, make("20000")])?.[0]?.id).toBe("20000");
  });
});
