import { describe, expect, it } from "@jest/globals";
import type { GraphResource, Json } from "../../../components/testing/index.ts";
import mappingFile from "../../../stacks/export/cloudformation.json" with { type: "json" };
import { convert, isObject } from "../../../stacks/export/convert.ts";
import type { Mapping } from "../../../stacks/export/mapping.ts";
import { keptGraphs } from "../kept-graphs.ts";

const mapping = mappingFile as unknown as Mapping;

/** Inputs with each plain value replaced by the path that it stands at. */
function marked(value: Json, path: string): Json {
  if (Array.isArray(value)) return value.map((each, index) => marked(each, `${path}[${index}]`));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, marked(each, `${path}.${key}`)]),
    );
  }
  if (typeof value === "string" && /^[[{]/.test(value))
    return JSON.stringify(marked(JSON.parse(value), path));
  return path;
}

/** Every plain value below, in order, and every name that was a value: of what became a map. */
function leaves(value: Json): Json[] {
  if (typeof value !== "object" || value === null) return [value];
  const names = Object.keys(value).filter((name) => name.startsWith("$."));
  return [...names, ...Object.values(value).flatMap(leaves)];
}

function leavesOf(inputs: Json): Json[] {
  return leaves(inputs).flatMap((leaf) =>
    typeof leaf === "string" && /^[[{]/.test(leaf) ? leaves(JSON.parse(leaf)) : [leaf],
  );
}

/** Which inputs a template still tells, by the markers that arrive, and which it says it leaves out. */
function roundTrip({ type, inputs }: GraphResource) {
  const { into, ...fields } = mapping.types[type]!;
  const sent = marked(inputs, "$") as { [name: string]: Json };
  const target: { [name: string]: Json } = {};
  const beside: Json[] = [];
  const left: string[] = [];
  convert(
    sent,
    { ...fields, skipped: ["region", ...(into === undefined ? [] : [into])] },
    target,
    mapping.definitions,
    {
      resolve: (text) => text,
      unmapped: (path) => left.push(path),
      omitted: (path) => left.push(path),
      also: (_, value) => beside.push(value),
    },
  );
  const skipped = ["$.region", `$.${into}`];
  return {
    sent: leavesOf(sent).filter((path) => !skipped.includes(String(path))),
    arrived: [...leavesOf(target), ...beside].filter((leaf) => String(leaf).startsWith("$.")),
    left,
  };
}

const resources = keptGraphs()
  .flatMap(([, graph]) => graph.resources)
  .filter(({ type }) => mapping.types[type]);
const types = [...new Set(resources.map(({ type }) => type))].sort();

/** What is told by a word and not by its value: tags of a machine's disks, as "like those of the machine". */
const SAID_BY_A_WORD = /^\$\.volumeTags\./;

describe("every input of the resources of our stacks", () => {
  it.each(types)("%s: arrives once, or is said to be left out", (type) => {
    for (const resource of resources.filter((each) => each.type === type)) {
      const { sent, arrived, left } = roundTrip(resource);
      // Of lists the export does not say which entry.
      const isLeft = (path: string) =>
        left.some((each) => `${path.replace(/\[\d+\]/g, "")}.`.startsWith(`$.${each}.`));
      const expected = sent.filter((path) => !isLeft(String(path)) && !SAID_BY_A_WORD.test(String(path)));
      expect([...arrived].sort()).toEqual([...expected].sort());
    }
  });
});

describe("the names of each type", () => {
  it.each(Object.keys(mapping.types))("%s: no two inputs have the same place", (type) => {
    const { properties } = mapping.types[type]!;
    const places = Object.values(properties).flatMap((field) =>
      typeof field === "string" ? [field] : field.to === "" || field.key ? [] : [field.to],
    );
    const twice = places.filter((place, index) => places.indexOf(place) !== index && !place.endsWith("+"));
    // Inputs of which only one may be given: what a flow log watches, a text or its base64 form.
    const alternatives = ["ResourceId", "UserData", "PolicyDocument", "Policy"];
    expect(twice.filter((place) => !alternatives.includes(place))).toEqual([]);
  });
});
