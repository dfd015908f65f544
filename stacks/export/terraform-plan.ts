import type { Graph, GraphResource, Json } from "../../components/testing/index.ts";
import { convert, isObject } from "./convert.ts";
import { type Finding, type Mapping, readMapping } from "./mapping.ts";
import { type Reference, References } from "./references.ts";

let kept: Mapping | undefined;
const PROVIDER = "registry.terraform.io/hashicorp/aws";
const UNKNOWN = "roost:unknown";
const SECRET = "roost:secret";

/** The plan as `terraform show -json` prints it, as far as it tells what is planned. */
export interface TerraformPlan {
  format_version: "1.2";
  terraform_version: string;
  planned_values: { root_module: { resources: object[] } };
  resource_changes: object[];
  configuration: { provider_config: object; root_module: { resources: object[] } };
}

export interface TerraformExport {
  plan: TerraformPlan;
  unmapped: Finding[];
  omitted: Finding[];
}

/**
 * The AWS part of a graph as the plan of Terraform that would make it: every resource is created. Pulumi's
 * provider is made of Terraform's, so resources are the same one by one. What a cloud fills in is unknown, and
 * the configuration says whose output it is; a text or document with such values in it keeps those that the
 * recording made up, so that rules can read it. Secrets are unknown and marked.
 */
export function toTerraformPlan(graph: Graph): TerraformExport {
  kept ??= readMapping("terraform");
  return new Planner(graph, kept).plan();
}

class Planner {
  readonly #mapping: Mapping;
  readonly #references: References;
  readonly #resources: GraphResource[];
  readonly #addresses = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #unmapped: Finding[] = [];
  readonly #omitted: Finding[] = [];

  constructor(graph: Graph, mapping: Mapping) {
    this.#mapping = mapping;
    this.#references = new References(graph);
    this.#resources = graph.resources.filter((resource) => this.#isSaid(resource));
  }

  plan(): TerraformExport {
    const made = this.#resources.map((resource) => this.#planOne(resource));
    const plan: TerraformPlan = {
      format_version: "1.2",
      terraform_version: "1.9.0",
      planned_values: { root_module: { resources: made.map(({ planned }) => planned) } },
      resource_changes: made.map(({ change }) => change),
      configuration: {
        provider_config: { aws: { name: "aws", full_name: PROVIDER } },
        root_module: { resources: made.map(({ configured }) => configured) },
      },
    };
    return { plan, unmapped: this.#unmapped, omitted: this.#omitted };
  }

  /** Gives a resource its address, unless it is left out. */
  #isSaid({ urn, type, name, custom, read }: GraphResource): boolean {
    if (!custom || !type.startsWith("aws:")) return false;
    if (read !== undefined) {
      this.#omitted.push({ urn, type, reason: "is only read: it exists already" });
      return false;
    }
    const mapped = this.#mapping.types[type];
    if (!mapped) {
      this.#unmapped.push({ urn, type, reason: "no type of Terraform is known for it" });
      return false;
    }
    const base = `${mapped.type}.${name.replace(/[^\w-]/g, "_").replace(/^(?=[\d-])/, "_")}`;
    let address = base;
    for (let count = 2; this.#taken.has(address); count += 1) address = `${base}_${count}`;
    this.#taken.add(address);
    this.#addresses.set(urn, address);
    return true;
  }

  #planOne(resource: GraphResource) {
    const { urn, type: token, inputs, dependsOn } = resource;
    const mapped = this.#mapping.types[token]!;
    const values: { [name: string]: Json } = {};
    convert(inputs, mapped, values, this.#mapping.definitions, {
      resolve: (text, path) => this.#resolve(resource, text, path),
      unmapped: (property) => {
        this.#unmapped.push({
          urn,
          type: token,
          property,
          reason: `no attribute of ${mapped.type} is known for it`,
        });
      },
      omitted: (property, reason) => this.#omitted.push({ urn, type: token, property, reason }),
      also: () => {},
    });
    const address = this.#addresses.get(urn)!;
    const [type = "", name = ""] = address.split(".");
    const identity = { address, mode: "managed", type, name };
    const after = Object.fromEntries(Object.entries(values).flatMap(([key, value]) => known(key, value)));
    const sensitive = marks(values, SECRET) ?? {};
    const waits = dependsOn.flatMap((each) => this.#addresses.get(each) ?? []);
    return {
      planned: {
        ...identity,
        provider_name: PROVIDER,
        schema_version: 0,
        values: after,
        sensitive_values: sensitive,
      },
      change: {
        ...identity,
        provider_name: PROVIDER,
        change: {
          actions: ["create"],
          before: null,
          after,
          after_unknown: marks(values, UNKNOWN) ?? {},
          before_sensitive: false,
          after_sensitive: sensitive,
        },
      },
      configured: {
        ...identity,
        provider_config_key: "aws",
        expressions: Object.fromEntries(
          Object.entries(values).map(([key, value]) => [key, expression(value)]),
        ),
        schema_version: 0,
        ...(waits.length > 0 ? { depends_on: waits } : {}),
      },
    };
  }

  #resolve(resource: GraphResource, text: string, path: string): Json {
    if (text === "[secret]") return { [SECRET]: [], [UNKNOWN]: [] };
    if (text === "[unknown]") return { [UNKNOWN]: [] };
    const pieces = this.#references.cut(resource, path.split(".")[0]!, text);
    const references = pieces.filter((piece) => typeof piece !== "string");
    const said = references.flatMap((reference) => this.#say(reference, resource, path));
    return pieces.length === 1 && said.length > 0 ? { [UNKNOWN]: said } : text;
  }

  /** `aws_vpc.net.id` and `aws_vpc.net`, as a configuration lists references. */
  #say({ resource: to, output }: Reference, { urn, type }: GraphResource, property: string): string[] {
    const address = this.#addresses.get(to.urn);
    const attribute = this.#mapping.types[to.type]?.outputs[output];
    if (address === undefined || typeof attribute !== "string") {
      const reason = `refers to ${output} of ${to.urn}, which has no counterpart`;
      this.#unmapped.push({ urn, type, property, reason });
      return [];
    }
    return [`${address}.${attribute}`, address];
  }
}

const isMarked = (value: Json): value is { [key: string]: Json } => isObject(value) && UNKNOWN in value;

/** The value without what is unknown: left out of objects, null in lists. */
function known(key: string, value: Json): [string, Json][] {
  return isMarked(value) ? [] : [[key, withoutUnknown(value)]];
}

function withoutUnknown(value: Json): Json {
  if (isMarked(value)) return null;
  if (Array.isArray(value)) return value.map(withoutUnknown);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, each]) => known(key, each)));
}

/** True where a mark is, in the shape of the value; undefined where there is none below. */
function marks(value: Json, mark: string): Json | undefined {
  if (isMarked(value)) return mark in value ? true : undefined;
  if (Array.isArray(value)) {
    const found = value.map((each) => marks(each, mark));
    return found.some((each) => each !== undefined) ? found.map((each) => each ?? false) : undefined;
  }
  if (!isObject(value)) return undefined;
  const found = Object.entries(value).flatMap(([key, each]) => {
    const inside = marks(each, mark);
    return inside === undefined ? [] : [[key, inside] as const];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** How a configuration says a value: blocks one by one, anything else by its references or as a constant. */
function expression(value: Json): Json {
  if (Array.isArray(value) && value.length > 0 && value.every((each) => isObject(each) && !isMarked(each))) {
    return value.map((block) =>
      Object.fromEntries(
        Object.entries(block as object).map(([key, each]) => [key, expression(each as Json)]),
      ),
    );
  }
  const references = referencesIn(value);
  return references.length > 0 ? { references } : { constant_value: withoutUnknown(value) };
}

function referencesIn(value: Json): string[] {
  if (isMarked(value)) return value[UNKNOWN] as string[];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isObject(value) ? Object.values(value).flatMap(referencesIn) : [];
}
