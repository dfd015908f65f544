import { describe, expect, it } from "@jest/globals";
import type { GraphResource, Json } from "../../../components/testing/index.ts";
import { convert, isObject } from "../../../stacks/export/convert.ts";
import { type Mapping, readMapping } from "../../../stacks/export/mapping.ts";
import { keptGraphs } from "../kept-graphs.ts";

/** Inputs with each plain value replaced by the path that it stands at; a document within a document is a value. */
function marked(value: Json, path: string, isInDocument = false): Json {
  if (Array.isArray(value))
    return value.map((each, index) => marked(each, `${path}[${index}]`, isInDocument));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, marked(each, `${path}.${key}`, isInDocument)]),
    );
  }
  const document = typeof value === "string" && !isInDocument ? documentOf(value) : undefined;
  return document === undefined ? path : JSON.stringify(marked(document, path, true));
}

/** A text that holds a list or a map, such as a policy; other texts may begin with a bracket, too. */
function documentOf(text: string): Json | undefined {
  try {
    return /^[[{]/.test(text) ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Every plain value below, in order, and every name that was a value: of what became a map. */
function leaves(value: Json): Json[] {
  if (typeof value !== "object" || value === null) return [value];
  const names = Object.keys(value).filter((name) => name.startsWith("$."));
  return [...names, ...Object.values(value).flatMap(leaves)];
}

function leavesOf(inputs: Json): Json[] {
  return leaves(inputs).flatMap((leaf) =>
    typeof leaf === "string" ? leaves(documentOf(leaf) ?? leaf) : [leaf],
  );
}

/** Which inputs an export still tells, by the markers that arrive, and which it says it leaves out. */
function roundTrip(mapping: Mapping, { type, inputs }: GraphResource) {
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

/** What is told by a word and not by its value: tags of a machine's disks, as "like those of the machine". */
const SAID_BY_A_WORD = { cloudformation: /^\$\.volumeTags\./, terraform: /(?!)/ };

describe.each(["cloudformation", "terraform"] as const)("%s", (format) => {
  const mapping = readMapping(format);
  const resources = keptGraphs()
    .flatMap(([, graph]) => graph.resources)
    .filter(({ type }) => mapping.types[type]);
  const types = [...new Set(resources.map(({ type }) => type))].sort();

  it.each(types)("every input of our stacks' %s arrives once, or is said to be left out", (type) => {
    for (const resource of resources.filter((each) => each.type === type)) {
      const { sent, arrived, left } = roundTrip(mapping, resource);
      // Of lists the export does not say which entry.
      const isLeft = (path: string) =>
        left.some((each) => `${path.replace(/\[\d+\]/g, "")}.`.startsWith(`$.${each}.`));
      const expected = sent.filter(
        (path) => !isLeft(String(path)) && !SAID_BY_A_WORD[format].test(String(path)),
      );
      expect([...arrived].sort()).toEqual([...expected].sort());
    }
  });

  it("gives no two inputs of a type the same place", () => {
    // Inputs of which only one may be given: what a flow log watches, a text or its base64 form.
    const alternatives = ["ResourceId", "UserData", "PolicyDocument", "Policy"];
    for (const [type, { properties }] of Object.entries(mapping.types)) {
      const places = Object.values(properties).flatMap((field) =>
        typeof field === "string" ? [field] : field.to === "" || field.key ? [] : [field.to],
      );
      const twice = places.filter(
        (place, index) =>
          places.indexOf(place) !== index && !place.endsWith("+") && !alternatives.includes(place),
      );
      expect([type, twice]).toEqual([type, []]);
    }
  });
});
