import type { Graph, GraphResource, Json } from "../../components/testing/index.ts";
import { type Proof, proofsOfCertificates } from "./certificates.ts";
import { convert, isObject, put } from "./convert.ts";
import { type Finding, readMapping, type TypeMapping } from "./mapping.ts";
import { References } from "./references.ts";
import { type Template, Templates } from "./templates.ts";

const MAPPING = readMapping("cloudformation");

export interface CloudFormationExport {
  /** One for each region, because a stack of CloudFormation is in one; "home" where the graph does not tell which. */
  templates: Record<string, Template>;
  /** What CloudFormation might have a word for and the mapping has none. */
  unmapped: Finding[];
  /** What needs no counterpart, with the reason. */
  omitted: Finding[];
}

/**
 * The AWS part of a graph as CloudFormation templates, so that rules which read those can judge it before it
 * exists. Resources of other clouds are left out silently; references become Ref, Fn::GetAtt and Fn::Sub, across
 * regions a parameter on one side and an output on the other; a secret becomes a parameter without a value.
 *
 * @param region of resources that name none; default that of the availability zones in the graph, else "home"
 */
export function toCloudFormation(graph: Graph, { region }: { region?: string } = {}): CloudFormationExport {
  return new Exporter(graph, region ?? regionOfZones(graph) ?? "home").export();
}

class Exporter {
  readonly #references: References;
  readonly #templates: Templates;
  readonly #resources: GraphResource[];
  readonly #proofs: Map<string, Proof[]>;
  readonly #hosts = new Map<string, GraphResource>();
  readonly #unmapped: Finding[] = [];
  readonly #omitted: Finding[] = [];

  constructor(graph: Graph, home: string) {
    this.#references = new References(graph);
    const { proofs, records } = proofsOfCertificates(graph, this.#references);
    this.#proofs = proofs;
    this.#resources = graph.resources.filter(
      (resource) => resource.custom && resource.type.startsWith("aws:") && !records.has(resource),
    );
    for (const record of records) {
      this.#omit(record, undefined, "CloudFormation makes the records that prove certificates itself");
    }
    this.#templates = new Templates(graph, home, (finding) => void this.#unmapped.push(finding));
  }

  export(): CloudFormationExport {
    const converted = this.#resources.filter((resource) => this.#place(resource));
    for (const resource of converted) this.#convert(resource);
    for (const resource of converted) this.#order(resource);
    return { templates: this.#templates.all(), unmapped: this.#unmapped, omitted: this.#omitted };
  }

  /** Gives a resource its place, which is in another one where CloudFormation has it as a property. */
  #place(resource: GraphResource): boolean {
    const why = MAPPING.withoutCounterpart[resource.type];
    const mapping = MAPPING.types[resource.type];
    if (why !== undefined) this.#omit(resource, undefined, why);
    else if (!mapping) this.#miss(resource, undefined, "no type of CloudFormation is known for it");
    else if (resource.read !== undefined) this.#omit(resource, undefined, "is only read: it exists already");
    else if (mapping.into === undefined) {
      this.#templates.add(resource, mapping);
      return true;
    } else {
      const host = this.#references
        .of(resource, mapping.into)
        .find(({ type }) => MAPPING.types[type]?.type === mapping.type);
      if (host) {
        this.#hosts.set(resource.urn, host);
        return true;
      }
      this.#miss(resource, mapping.into, `names no ${mapping.type} of this stack, on which it would be told`);
    }
    return false;
  }

  #convert(resource: GraphResource): void {
    const mapping = MAPPING.types[resource.type]!;
    const host = this.#hosts.get(resource.urn) ?? resource;
    const made = this.#templates.of(host);
    const target = mapping.under === undefined ? made.Properties : {};
    const resolve = (text: string, path: string) => this.#resolve(host, resource, text, path);
    convert(
      resource.inputs,
      { ...mapping, skipped: ["region", ...(mapping.into === undefined ? [] : [mapping.into])] },
      target,
      MAPPING.definitions,
      {
        resolve,
        unmapped: (path) => this.#miss(resource, path, `no property of ${mapping.type} is known for it`),
        omitted: (path, reason) => this.#omit(resource, path, reason),
        also: (stated, value) => this.#templates.addBeside(resource, stated, value),
      },
    );
    fillIn(mapping, resource.name, target);
    if (mapping.under !== undefined) put(made.Properties, mapping.under, target);
    const proofs = this.#proofs.get(resource.urn);
    if (proofs)
      target.DomainValidationOptions = proofs.map((proof) => this.#domainValidation(resource, proof));
    this.#protect(resource, made);
  }

  #domainValidation(certificate: GraphResource, { domain, record, zoneId }: Proof): Json {
    const zone = typeof zoneId === "string" ? this.#resolve(certificate, record, zoneId, "zoneId") : zoneId;
    return { DomainName: domain, HostedZoneId: zone };
  }

  /** What Pulumi would keep, CloudFormation keeps; a database leaves a snapshot unless it is to leave none. */
  #protect(
    { options, inputs }: GraphResource,
    made: { DeletionPolicy?: string; UpdateReplacePolicy?: string },
  ): void {
    const policy =
      options.protect || options.retainOnDelete
        ? "Retain"
        : inputs.skipFinalSnapshot === undefined
          ? undefined
          : inputs.skipFinalSnapshot
            ? "Delete"
            : "Snapshot";
    if (policy) Object.assign(made, { DeletionPolicy: policy, UpdateReplacePolicy: policy });
  }

  #resolve(host: GraphResource, resource: GraphResource, text: string, path: string): Json {
    if (text === "[secret]" || text === "[unknown]")
      return this.#templates.parameter(host, path, text === "[secret]");
    const pieces = this.#references.cut(resource, path.split(".")[0]!, text);
    return this.#templates.say(host, pieces, (reference) => {
      const target = this.#hosts.get(reference.resource.urn) ?? reference.resource;
      const output = MAPPING.types[reference.resource.type]?.outputs[reference.output];
      if (output === undefined || !this.#templates.has(target)) {
        this.#miss(
          resource,
          path,
          `refers to ${reference.output} of ${reference.resource.urn}, which has no counterpart`,
        );
        return undefined;
      }
      return { resource: target, output };
    });
  }

  /** What must exist before, where no reference says it. */
  #order(resource: GraphResource): void {
    const host = this.#hosts.get(resource.urn) ?? resource;
    for (const urn of resource.dependsOn) this.#templates.dependOn(host, this.#hosts.get(urn)?.urn ?? urn);
  }

  #miss({ urn, type }: GraphResource, property: string | undefined, reason: string): void {
    this.#unmapped.push({ urn, type, ...(property === undefined ? {} : { property }), reason });
  }

  #omit({ urn, type }: GraphResource, property: string | undefined, reason: string): void {
    this.#omitted.push({ urn, type, ...(property === undefined ? {} : { property }), reason });
  }
}

/** Puts what CloudFormation needs where nothing gave it. */
function fillIn({ defaults = {} }: TypeMapping, name: string, target: { [key: string]: Json }): void {
  for (const [path, value] of Object.entries(defaults)) {
    const steps = path.split(".");
    const given = steps.reduce<Json | undefined>((at, step) => (isObject(at) ? at[step] : undefined), target);
    if (given === undefined) put(target, path, value === "{name}" ? name : (value as Json));
  }
}

/** The region that the graph's availability zones are in; undefined when it names none or several. */
function regionOfZones(graph: Graph): string | undefined {
  const zones = graph.resources.flatMap(({ inputs }) =>
    typeof inputs.availabilityZone === "string" ? [inputs.availabilityZone.replace(/[a-z]$/, "")] : [],
  );
  const regions = new Set(zones);
  return regions.size === 1 ? [...regions][0] : undefined;
}
