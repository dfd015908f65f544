import { readFileSync } from "node:fs";

// How resources of @pulumi/aws are said in CloudFormation and in Terraform: the form of `cloudformation.json` and
// `terraform.json`, which `toolchain/mapping/main.ts` makes from the schemas that all sides publish.

/** Input name → property, or more about it. */
export type Fields = { [input: string]: string | FieldMapping };

export interface FieldMapping {
  /** Path of the property in the object around; "" when the fields of this input are its own. Digits and "+" (append) step into lists. */
  to: string;
  /**
   * How the value changes: `text` and `number` convert, `json` parses a text, `tags` makes keys and values of a
   * map, `names` names and values, `first` takes the one of a list, `list` makes a list of one, `entries` a map of names and values,
   * `counted` Items and Quantity of a list.
   */
  as?: "text" | "number" | "json" | "tags" | "names" | "entries" | "first" | "list" | "counted";
  /** Fields of an object: by name of a definition, or themselves. */
  in?: string | Fields;
  /** Words for values, such as ENABLED for true; "*" stands for any. */
  values?: Record<string, unknown>;
  /** The property is a list of keys and values, and this is the key. */
  key?: string;
  /** A resource of its own that CloudFormation needs beside: its type, and which property gets what. */
  also?: { type: string; value: string; self: string; output: string };
  /** Further properties of the object around, by path. */
  beside?: Record<string, unknown>;
  /** Fields of the object that have no counterpart, each with the reason. */
  omitted?: Record<string, string>;
}

/** "Ref", the name of an attribute, a text with `${Self}` and `${Self.Attribute}`, or a plain value. */
export type OutputMapping = string | { sub: string } | { value: string };

export interface TypeMapping {
  type: string;
  /** The input that names the resource on which this one is told. */
  into?: string;
  /** With `into`: the path there of the object that this one is; without it its properties are the other's own. */
  under?: string;
  properties: Fields;
  omitted?: Record<string, string>;
  /** Property → value where none is given; `{name}` in a text is the resource's name. */
  defaults?: Record<string, unknown>;
  outputs: Record<string, OutputMapping>;
}

export interface Mapping {
  /** Packages that it was made from, with versions. */
  sources: Record<string, string>;
  types: Record<string, TypeMapping>;
  /** Types that have no counterpart, and why none is needed. */
  withoutCounterpart: Record<string, string>;
  definitions: Record<string, Fields>;
}

/** Something of the graph that the export does not say. */
export interface Finding {
  urn: string;
  type: string;
  /** Path of the input; absent when it is the whole resource. */
  property?: string;
  reason: string;
}

/** A mapping that is kept beside. Read and not imported: the type checker would take its time over a megabyte. */
export function readMapping(name: "cloudformation" | "terraform"): Mapping {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"));
}
