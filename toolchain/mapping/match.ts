import type { FieldMapping, Fields, OutputMapping, TypeMapping } from "../../stacks/export/mapping.ts";
import { type Definitions, shapeChange } from "./definitions.ts";
import { findByName, normal } from "./names.ts";
import type { Field, ResourceShape, Shape } from "./shapes.ts";

/** What a person states about a type because names alone do not tell; every name in it is checked against both schemas. */
export interface TypeCorrection {
  /** CloudFormation's type, where module and name differ. */
  type?: string;
  /** The type has no counterpart; this says why none is needed. */
  why?: string;
  /** The resource is told on another one: the input that names it. */
  into?: string;
  /** With `into`: the path there of the object that the resource is, such as an entry of a list. */
  under?: string;
  /** An object in which inputs are looked for by name after the resource's own properties. */
  within?: string;
  /** A list of keys and values; inputs are named like its documented keys. */
  attributes?: string;
  properties?: FieldCorrections;
  outputs?: Record<string, OutputMapping>;
  /** Inputs that have no counterpart, each with the reason. */
  omitted?: Record<string, string>;
  /** Path → value where nothing is given; `{name}` is the resource's name. */
  defaults?: Record<string, unknown>;
}

/** Input → path in CloudFormation's object, or more about it. */
export type FieldCorrections = { [input: string]: string | FieldCorrection };

export interface FieldCorrection extends Omit<FieldMapping, "in"> {
  /** Of the objects in it. */
  properties?: FieldCorrections;
  /** A JSON text whose keys are the property names with a small first letter. */
  mirrored?: boolean;
  /** An object whose schema is not published: names by the rule that Pulumi makes its own by. */
  snaked?: boolean;
}

/** Takes what is wrong with a correction: a name that a schema does not have, a value that does not fit. */
export type Complain = (text: string) => void;

/** What pairing needs to know wherever it is. */
interface Pairing {
  definitions: Definitions;
  complain: Complain;
  /** For complaints: which type, which input. */
  at: string;
}

/** Pairs one resource type with its counterpart. */
export function pairType(
  pulumi: ResourceShape,
  counterpart: ResourceShape,
  correction: TypeCorrection,
  definitions: Definitions,
  complain: Complain,
): TypeMapping {
  const { into, under, outputs = {}, omitted, defaults } = correction;
  const pairing = { definitions, complain, at: pulumi.type };
  const to =
    under === undefined ? counterpart.inputs : (lookUp(counterpart.inputs, under, pairing)?.fields?.() ?? {});
  for (const [name, mapping] of Object.entries(outputs))
    checkOutput(name, mapping, pulumi, counterpart, pairing);
  for (const path of Object.keys(defaults ?? {})) lookUp(to, path, pairing);
  const properties = pairFields(pulumi.inputs, to, correction, pairing);
  const named = autoName(pulumi, counterpart, properties);
  return {
    type: counterpart.type,
    ...(into === undefined ? {} : { into }),
    ...(under === undefined ? {} : { under }),
    properties,
    ...(omitted ? { omitted } : {}),
    ...(defaults || named ? { defaults: { ...named, ...defaults } } : {}),
    outputs: into === undefined ? { ...pairOutputs(pulumi, counterpart), ...outputs } : outputs,
  };
}

/** Required properties that nothing gives; a pairing that has some is of no use. */
export function lacking(counterpart: ResourceShape, { properties, defaults = {} }: TypeMapping): string[] {
  const given = new Set(
    [...targets(properties), ...Object.keys(defaults)].map((path) => path.split(".")[0]!),
  );
  return Object.entries(counterpart.inputs)
    .filter(([name, { required }]) => required && !given.has(name))
    .map(([name]) => name);
}

function targets(fields: Fields): string[] {
  return Object.values(fields).flatMap((field) => {
    if (typeof field === "string") return [field];
    const beside = Object.keys(field.beside ?? {});
    return field.to === "" && typeof field.in === "object"
      ? [...targets(field.in), ...beside]
      : [field.to, ...beside];
  });
}

/** A name that CloudFormation wants and that Pulumi makes up when none is given. */
function autoName({ inputs }: ResourceShape, counterpart: ResourceShape, { name }: Fields) {
  const optional = inputs.name?.required === false;
  if (typeof name !== "string" || !optional || !counterpart.inputs[name]?.required) return undefined;
  return { [name]: "{name}" };
}

function pairOutputs(pulumi: ResourceShape, { outputs, ref }: ResourceShape): Record<string, OutputMapping> {
  const found: Record<string, OutputMapping> = {};
  // A Pulumi id is now an id, now a name, now an ARN; only what is named an id is surely the same.
  if (ref && /Id$/.test(ref)) found.id = "Ref";
  const own = normal(pulumi.type.split(":").at(-1)!);
  for (const output of pulumi.outputs) {
    const names = [normal(output), `${own}${normal(output)}`];
    const attribute = outputs.find((each) => names.includes(normal(each)));
    if (ref && names.includes(normal(ref))) found[output] = "Ref";
    else if (attribute) found[output] = attribute;
  }
  return found;
}

function checkOutput(
  name: string,
  mapping: OutputMapping,
  pulumi: ResourceShape,
  counterpart: ResourceShape,
  { complain }: Pairing,
): void {
  if (!pulumi.outputs.includes(name)) complain(`${pulumi.type} has no output ${name}`);
  const text = typeof mapping === "string" ? [mapping] : "sub" in mapping ? attributesIn(mapping.sub) : [];
  for (const attribute of text.filter((each) => each !== "Ref" && !counterpart.outputs.includes(each))) {
    complain(`${counterpart.type} has no attribute ${attribute}`);
  }
}

const attributesIn = (text: string) => [...text.matchAll(/\$\{Self\.([^}]+)\}/g)].map(([, name]) => name!);

/** Pairs the fields of one object: those with a correction by it, the rest by name. */
export function pairFields(
  from: Record<string, Field>,
  to: Record<string, Field>,
  correction: Pick<TypeCorrection, "properties" | "omitted" | "within" | "attributes" | "into" | "under">,
  pairing: Pairing,
): Fields {
  const { properties = {}, omitted = {} } = correction;
  for (const name of Object.keys({ ...properties, ...omitted })) {
    if (!from[name]) pairing.complain(`${pairing.at} has no input ${name}`);
  }
  const found: Fields = {};
  for (const [name, field] of Object.entries(from)) {
    const stated = properties[name];
    const inside = { ...pairing, at: `${pairing.at}.${name}` };
    const isSpread = correction.into !== undefined && correction.under === undefined;
    if (stated === undefined && (omitted[name] !== undefined || isSpread || name === correction.into))
      continue;
    const paired =
      stated === undefined
        ? byName(name, field, to, correction, inside)
        : byStatement(field, stated, to, inside);
    if (paired !== undefined) found[name] = paired;
  }
  return found;
}

function byName(
  name: string,
  { shape }: Field,
  to: Record<string, Field>,
  { within, attributes }: Pick<TypeCorrection, "within" | "attributes">,
  pairing: Pairing,
): string | FieldMapping | undefined {
  const own = findByName(name, to);
  if (own !== undefined) return pairing.definitions.pairShapes(own, shape, to[own]!.shape);
  if (within !== undefined) {
    const inner = lookUp(to, within, pairing)?.fields?.() ?? {};
    const found = findByName(name, inner);
    return found === undefined
      ? undefined
      : pairing.definitions.pairShapes(`${within}.${found}`, shape, inner[found]!.shape);
  }
  if (attributes !== undefined) {
    const key = documentedKeys(to[attributes]?.shape).find((each) => normal(each) === normal(name));
    return key === undefined ? undefined : { to: attributes, key };
  }
  return undefined;
}

function byStatement(
  field: Field,
  statement: string | FieldCorrection,
  to: Record<string, Field>,
  pairing: Pairing,
): string | FieldMapping | undefined {
  const { definitions, complain, at } = pairing;
  const { properties, mirrored, snaked, omitted, ...stated } =
    typeof statement === "string" ? { to: statement } : statement;
  const target = stated.to === "" ? objectOf(to) : lookUp(to, stated.to, pairing);
  for (const path of Object.keys(stated.beside ?? {})) lookUp(to, path, pairing);
  if (target === undefined || stated.also) return target && stated;
  if (stated.key !== undefined) {
    if (!documentedKeys(target).includes(stated.key))
      complain(`${at}: ${stated.to} documents no ${stated.key}`);
    return stated;
  }
  if (snaked) return definitions.pairShapes(stated.to, field.shape, asBlock(field.shape));
  if (mirrored) {
    const fields = mirror(elementOf(target), definitions);
    return { ...stated, in: fields };
  }
  if (properties) {
    const source = elementOf(field.shape).fields?.();
    const inner = (
      stated.as === "counted" ? elementOf(target.fields!().Items!.shape) : elementOf(target)
    ).fields?.();
    if (!source || !inner) {
      complain(`${at} or ${stated.to} has no fields`);
      return undefined;
    }
    const inside = pairFields(source, inner, { properties, omitted }, pairing);
    const change = stated.as ?? shapeChange(field.shape, target);
    return {
      ...stated,
      ...(change ? { as: change } : {}),
      ...(omitted ? { omitted } : {}),
      in: stated.to === "" ? inside : definitions.keep(stated.to.split(".").at(-1)!, inside),
    };
  }
  if (stated.as || stated.values) return { ...stated, ...(omitted ? { omitted } : {}) };
  const paired = definitions.pairShapes(stated.to, field.shape, target);
  if (paired === undefined)
    complain(`${at} (${field.shape.kind}) does not fit ${stated.to} (${target.kind})`);
  if (paired === undefined || !stated.beside) return paired;
  return { ...(typeof paired === "string" ? { to: paired } : paired), beside: stated.beside };
}

/** Fields named as in JSON documents of AWS's own interface: with a small first letter. */
function mirror(shape: Shape, definitions: Definitions): string {
  const small = (fields: Record<string, Field>): Record<string, Field> =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name.charAt(0).toLowerCase() + name.slice(1),
        { ...field, shape: mirrored(field.shape) },
      ]),
    );
  const mirrored = (inner: Shape): Shape => ({
    ...inner,
    ...(inner.name ? { name: `json ${inner.name}` } : {}),
    ...(inner.fields ? { fields: () => small(inner.fields!()) } : {}),
    ...(inner.kind === "list" ? { element: mirrored(inner.element!) } : {}),
  });
  return definitions.pair(mirrored(shape), shape)!;
}

/** Terraform's shape of a value of Pulumi: objects are blocks, which come in lists and are named in the singular. */
function asBlock(shape: Shape): Shape {
  const { kind, name, fields } = shape.kind === "list" ? shape.element! : shape;
  if (!fields) return shape;
  const snake = (text: string) => text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const inside = () =>
    Object.fromEntries(
      Object.entries(fields()).map(([key, field]) => {
        const isBlocks = field.shape.kind === "list" && field.shape.element!.kind === "object";
        return [snake(isBlocks ? key.replace(/s$/, "") : key), { ...field, shape: asBlock(field.shape) }];
      }),
    );
  return { kind: "list", element: { kind, name: `block ${name}`, fields: inside } };
}

const objectOf = (fields: Record<string, Field>): Shape => ({ kind: "object", fields: () => fields });
const elementOf = (shape: Shape): Shape => (shape.kind === "list" ? shape.element! : shape);

/** What the documentation of a list of keys and values sets in code font. */
function documentedKeys(shape: Shape | undefined): string[] {
  const documentation = (shape && elementOf(shape).fields?.().Key?.documentation) ?? "";
  return [...documentation.matchAll(/`([a-z0-9_]+(?:\.[a-z0-9_]+)+)`/g)].map(([, key]) => key!);
}

/** The shape at a path; digits and "+" step into a list. */
function lookUp(to: Record<string, Field>, path: string, { complain, at }: Pairing): Shape | undefined {
  let shape: Shape | undefined = objectOf(to);
  for (const step of path.split(".")) {
    if (shape?.kind === "json") return shape;
    shape = /^(\d+|\+)$/.test(step) ? shape?.element : shape?.fields?.()[step]?.shape;
  }
  if (shape === undefined) complain(`${at}: CloudFormation has no ${path}`);
  return shape;
}
