import type { Graph, GraphResource, Json } from "../../components/testing/index.ts";
import type { FieldMapping, Finding, OutputMapping, TypeMapping } from "./mapping.ts";
import type { Piece, Reference } from "./references.ts";

export interface TemplateResource {
  Type: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
  Properties: { [name: string]: Json };
}

/** A template of CloudFormation. */
export interface Template {
  AWSTemplateFormatVersion: "2010-09-09";
  Description: string;
  Parameters?: { [name: string]: { Type: "String"; Description: string; NoEcho?: true } };
  Resources: { [logicalId: string]: TemplateResource };
  Outputs?: { [name: string]: { Description: string; Value: Json } };
}

/** A reference to a resource that has a place, and what of it. */
interface Target {
  resource: GraphResource;
  output: OutputMapping;
}

/** The templates of one export: where each resource is, and how one says another. */
export class Templates {
  readonly #graph: Graph;
  readonly #home: string;
  readonly #report: (finding: Finding) => void;
  readonly #templates = new Map<string, Template>();
  readonly #places = new Map<string, { id: string; region: string }>();

  constructor(graph: Graph, home: string, report: (finding: Finding) => void) {
    this.#graph = graph;
    this.#home = home;
    this.#report = report;
  }

  add(resource: GraphResource, { type }: TypeMapping): void {
    const region = this.#regionOf(resource);
    const template = this.#template(region);
    const id = this.#freeId(template, resource.name, type);
    template.Resources[id] = { Type: type, Properties: {} };
    this.#places.set(resource.urn, { id, region });
  }

  has({ urn }: GraphResource): boolean {
    return this.#places.has(urn);
  }

  of({ urn }: GraphResource): TemplateResource {
    const { id, region } = this.#places.get(urn)!;
    return this.#template(region).Resources[id]!;
  }

  /** A resource that stands for one input of another, such as the attachment of a gateway. */
  addBeside(
    resource: GraphResource,
    { type, value, self, output }: NonNullable<FieldMapping["also"]>,
    given: Json,
  ): void {
    const { id, region } = this.#places.get(resource.urn)!;
    const template = this.#template(region);
    template.Resources[this.#freeId(template, resource.name, type)] = {
      Type: type,
      Properties: { [self]: say(output, id), [value]: given },
    };
  }

  /** A value that the graph does not tell. */
  parameter(resource: GraphResource, path: string, secret: boolean): Json {
    const { id, region } = this.#places.get(resource.urn)!;
    const name = `${id}${pascal(path)}`;
    const description = `${path} of ${resource.name}`;
    this.#parameters(region)[name] = {
      Type: "String",
      Description: description,
      ...(secret ? { NoEcho: true } : {}),
    };
    return { Ref: name };
  }

  /** Says pieces of a text; `find` tells where a reference goes, or nothing where that has no counterpart. */
  say(from: GraphResource, pieces: Piece[], find: (reference: Reference) => Target | undefined): Json {
    const said = pieces.map((piece) => {
      if (typeof piece === "string") return piece;
      const target = find(piece);
      return target ? this.#reach(from, piece, target) : `${piece.resource.name}.${piece.output}`;
    });
    if (said.length === 1) return said[0]!;
    if (said.every((each) => typeof each === "string")) return said.join("");
    return { "Fn::Sub": said.map(inSub).join("") };
  }

  dependOn(resource: GraphResource, urn: string): void {
    const from = this.#places.get(resource.urn)!;
    const to = this.#places.get(urn);
    if (!to || to.region !== from.region || to.id === from.id) return;
    const made = this.of(resource);
    // A part of this one waits for it in Pulumi; here the part is a property, which is there before what mentions it.
    if (mentions(this.#template(to.region).Resources[to.id]!.Properties, from.id)) return;
    if (!mentions(made.Properties, to.id) && !made.DependsOn?.includes(to.id))
      made.DependsOn = [...(made.DependsOn ?? []), to.id].sort();
  }

  all(): Record<string, Template> {
    return Object.fromEntries([...this.#templates].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The reference itself, or by way of an output there and a parameter here. */
  #reach(from: GraphResource, { resource, output: name }: Reference, { resource: to, output }: Target): Json {
    const here = this.#places.get(from.urn)!;
    const there = this.#places.get(to.urn)!;
    const value = say(output, there.id);
    if (here.region === there.region || typeof value === "string") return value;
    const shared = `${there.id}${pascal(name)}`;
    const other = this.#template(there.region);
    other.Outputs ??= {};
    other.Outputs[shared] = { Description: `${name} of ${resource.name}`, Value: value };
    this.#parameters(here.region)[shared] = {
      Type: "String",
      Description: `${name} of ${resource.name}: output of that name of the template of ${there.region}`,
    };
    return { Ref: shared };
  }

  #parameters(region: string) {
    const template = this.#template(region);
    template.Parameters ??= {};
    return template.Parameters;
  }

  #template(region: string): Template {
    let template = this.#templates.get(region);
    if (!template) {
      const { project, stack } = this.#graph;
      template = {
        AWSTemplateFormatVersion: "2010-09-09",
        Description: `Stack ${stack} of ${project}, ${region === "home" ? "the part in its own region" : region}`,
        Resources: {},
      };
      this.#templates.set(region, template);
    }
    return template;
  }

  #regionOf({ inputs, options, urn, type }: GraphResource): string {
    if (typeof inputs.region === "string") {
      if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(inputs.region)) return inputs.region;
      this.#report({
        urn,
        type,
        property: "region",
        reason: `the region ${inputs.region} is not known before`,
      });
    }
    const provider = this.#graph.resources.find((each) => options.provider?.startsWith(`${each.urn}::`));
    return typeof provider?.inputs.region === "string" ? provider.inputs.region : this.#home;
  }

  /** Named after the resource and its type, so that no other resource changes it. */
  #freeId(template: Template, name: string, type: string): string {
    const id = `${pascal(name)}${type.split("::").at(-1)}`;
    let free = id;
    for (let count = 2; template.Resources[free]; count += 1) free = `${id}${count}`;
    return free;
  }
}

function say(output: OutputMapping, id: string): Json {
  if (output === "Ref") return { Ref: id };
  if (typeof output === "string") return { "Fn::GetAtt": [id, output] };
  if ("value" in output) return output.value;
  return { "Fn::Sub": output.sub.replaceAll("${Self", `\${${id}`) };
}

/** A piece within Fn::Sub, where "${" begins a reference. */
function inSub(piece: Json): string {
  if (typeof piece === "string") return piece.replaceAll("${", "${!");
  const {
    Ref,
    "Fn::GetAtt": attribute,
    "Fn::Sub": text,
  } = piece as { Ref?: string; "Fn::GetAtt"?: string[]; "Fn::Sub"?: string };
  if (text !== undefined) return text;
  return `\${${Ref ?? attribute!.join(".")}}`;
}

/** "web-alarm.cpu" as WebAlarmCpu. */
function pascal(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

/** Whether a value refers to that resource, and so waits for it already. */
function mentions(value: Json, id: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((each) => mentions(each, id));
  const { Ref, "Fn::GetAtt": attribute, "Fn::Sub": text } = value;
  if (Ref === id || (Array.isArray(attribute) && attribute[0] === id)) return true;
  if (typeof text === "string" && new RegExp(`\\$\\{${id}[.}]`).test(text)) return true;
  return Object.values(value).some((each) => mentions(each, id));
}
