import { runtime } from "@pulumi/pulumi";
import type { Alias } from "@pulumi/pulumi/proto/alias_pb.js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import type {
  ReadResourceRequest,
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
  ResourceInvokeRequest,
} from "@pulumi/pulumi/proto/resource_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import type { Graph, GraphResource, Json } from "./graph.ts";
import { madeUpOutputs } from "./made-up-outputs.ts";
import { plain } from "./values.ts";

type Reply<T> = (error: Error | null, response?: T) => unknown;
type Options = GraphResource["options"];

/** Type → properties that some resource of it left open: what a cloud would answer. It is the same in each recording. */
const open = new Map<string, Set<string>>();

/** The engine's side of a recording: takes registrations, answers with made-up outputs, refuses calls. */
export class RecordingMonitor {
  readonly #prefix: string;
  readonly #preview: boolean;
  readonly #recorded = new Map<string, GraphResource>();
  readonly #outputs = new Map<string, Record<string, unknown>>();
  readonly #faults: string[] = [];
  #stackUrn = "";
  #stackOutputs: Graph["outputs"] = {};

  /** @param preview nothing is answered but what the program has said itself */
  constructor(project: string, stack: string, preview = false) {
    this.#preview = preview;
    this.#prefix = `urn:pulumi:${stack}::${project}::`;
  }

  /** Notes which properties a type has beyond those that are given; the request itself does not say. */
  learn(type: string, properties: Record<string, unknown>): void {
    const names = open.get(type) ?? new Set();
    for (const [name, value] of Object.entries(properties)) if (value === undefined) names.add(name);
    open.set(type, names);
  }

  resources(): GraphResource[] {
    return [...this.#recorded.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  }

  /** What the program returned. */
  outputs(): Graph["outputs"] {
    return this.#stackOutputs;
  }

  faults(): string[] {
    return this.#faults;
  }

  registerResource(request: RegisterResourceRequest, reply: Reply<unknown>): void {
    const response = new messages.RegisterResourceResponse();
    const type = request.getType();
    const name = request.getName();
    const urn = this.#urn(request.getParent(), type, name);
    response.setUrn(urn);
    if (type === runtime.rootPulumiStackTypeName) {
      this.#stackUrn = urn;
      reply(null, response);
      return;
    }
    const references = propertyReferences(request);
    const referenced = new Set(Object.values(references).flat());
    const object = request.getObject() ?? new structs.Struct();
    const inputs = object.toJavaScript();
    this.#add({
      urn,
      type,
      name,
      ...this.#parent(request.getParent()),
      custom: request.getCustom(),
      inputs: plain(inputs) as GraphResource["inputs"],
      references,
      dependsOn: request
        .getDependenciesList()
        .filter((dependency) => !referenced.has(dependency))
        .sort(),
      options: options(request),
    });
    if (request.getCustom()) response.setId(request.getImportid() || (this.#preview ? "" : `${name}.id`));
    response.setObject(this.#answer(urn, type, name, inputs, object));
    reply(null, response);
  }

  readResource(request: ReadResourceRequest, reply: Reply<unknown>): void {
    const [type, name] = [request.getType(), request.getName()];
    const urn = this.#urn(request.getParent(), type, name);
    const object = request.getProperties() ?? new structs.Struct();
    const inputs = object.toJavaScript();
    this.#add({
      urn,
      type,
      name,
      ...this.#parent(request.getParent()),
      custom: true,
      read: request.getId(),
      inputs: plain(inputs) as GraphResource["inputs"],
      references: {},
      dependsOn: [...request.getDependenciesList()].sort(),
      options: {},
    });
    const response = new messages.ReadResourceResponse();
    response.setUrn(urn);
    response.setProperties(this.#answer(urn, type, name, inputs, object));
    reply(null, response);
  }

  registerResourceOutputs(request: RegisterResourceOutputsRequest, reply: Reply<unknown>): void {
    if (request.getUrn() === this.#stackUrn) {
      this.#stackOutputs = plain(request.getOutputs()?.toJavaScript() ?? {}) as Graph["outputs"];
    }
    reply(null, new empty.Empty());
  }

  /** A provider function. Only the SDK's own look-up of a resource by URN is answered. */
  invoke(request: ResourceInvokeRequest, reply: Reply<unknown>): void {
    const token = request.getTok();
    const { urn } = (request.getArgs()?.toJavaScript() ?? {}) as { urn?: string };
    const known = this.#outputs.get(urn ?? "");
    if (token === "pulumi:pulumi:getResource" && known) {
      const response = new messages.ResourceInvokeResponse();
      response.setReturn(structs.Struct.fromJavaScript({ urn, id: "", state: known } as never));
      reply(null, response);
      return;
    }
    this.#faults.push(`the program calls ${token}; zones, accounts and the like must be arguments`);
    // Answered with nothing rather than an error, which would end the process where no one waits for it.
    reply(null, new messages.ResourceInvokeResponse());
  }

  call(request: { getTok(): string }, reply: Reply<unknown>): void {
    this.#faults.push(`the program calls the method ${request.getTok()}, which needs a provider`);
    reply(null, new providerMessages.CallResponse());
  }

  /** What the SDK may send. Without output values an input holds the plain value that it will have. */
  getDeploymentInfo(_request: unknown, reply: Reply<unknown>): void {
    const feature = messages.ResourceMonitorFeature;
    const response = new messages.DeploymentInfo();
    response.setSupportedfeaturesList([
      feature.RESOURCE_MONITOR_FEATURE_SECRETS,
      feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
      feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
      feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
      feature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
      feature.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    ]);
    reply(null, response);
  }

  registerPackage(_request: unknown, reply: Reply<unknown>): void {
    const response = new messages.RegisterPackageResponse();
    response.setRef("recorded");
    reply(null, response);
  }

  close(): void {}

  #urn(parent: string, type: string, name: string): string {
    const above = parent.slice(this.#prefix.length).split("::")[0] ?? "";
    const types = above === "" || above === runtime.rootPulumiStackTypeName ? type : `${above}$${type}`;
    return `${this.#prefix}${types}::${name}`;
  }

  #parent(urn: string): { parent?: string } {
    return this.#recorded.has(urn) ? { parent: urn } : {};
  }

  #add(resource: GraphResource): void {
    if (this.#recorded.has(resource.urn)) this.#faults.push(`two resources are ${resource.urn}`);
    this.#recorded.set(resource.urn, resource);
  }

  /** What was asked for, with what a cloud would add, in the object that the request brought. */
  #answer(urn: string, type: string, name: string, inputs: Record<string, unknown>, object: structs.Struct) {
    const madeUp = this.#preview ? {} : madeUpOutputs(type, name, inputs, open.get(type) ?? []);
    const fields = object.getFieldsMap();
    for (const [property, value] of Object.entries(madeUp)) {
      fields.set(property, structs.Value.fromJavaScript(value as never));
    }
    this.#outputs.set(urn, { ...madeUp, ...inputs });
    return object;
  }
}

/** Property → URNs that its value is made from, both sorted. */
function propertyReferences(request: RegisterResourceRequest): Record<string, string[]> {
  const references: [string, string[]][] = [];
  request.getPropertydependenciesMap().forEach((dependencies, property) => {
    const urns = [...dependencies.getUrnsList()].sort();
    if (urns.length > 0) references.push([property, urns]);
  });
  return Object.fromEntries(references.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The options of a registration that differ from Pulumi's defaults. */
function options(request: RegisterResourceRequest): Options {
  const found: Record<keyof Options, unknown> = {
    protect: request.getProtect(),
    retainOnDelete: request.getRetainondelete(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: listed(request.getIgnorechangesList()),
    replaceOnChanges: listed(request.getReplaceonchangesList()),
    deletedWith: request.getDeletedwith(),
    importId: request.getImportid(),
    provider: request.getProvider(),
    aliases: listed(request.getAliasesList().map(alias)),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value)) as Options;
}

function listed<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** An alias: a whole URN, or the parts in which the earlier one differed. */
function alias(value: Alias): Json {
  const spec = value.getSpec();
  if (!spec) return value.getUrn();
  return Object.fromEntries(
    Object.entries({
      name: spec.getName(),
      type: spec.getType(),
      project: spec.getProject(),
      stack: spec.getStack(),
      parent: spec.getParenturn(),
      noParent: spec.getNoparent(),
    }).filter(([, part]) => part),
  );
}
