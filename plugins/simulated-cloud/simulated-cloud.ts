import { createHash, randomBytes } from "node:crypto";
import {
  type Context,
  type Diff,
  type DiffRequest,
  defineProvider,
  diffInputs,
  isRecord,
  type Properties,
  type ProviderDefinition,
  type ResourceHandler,
} from "../provider/index.ts";
import { isKubernetes, nameObject, objectOf } from "./kubernetes.ts";
import { madeUp } from "./made-up.ts";
import { isReplacing } from "./replacing-inputs.ts";
import { outputTypes } from "./shape.ts";

/** What exists in a simulated cloud. */
export interface SimulatedResource {
  type: string;
  urn: string;
  inputs: Properties;
  state: Properties;
}

export interface SimulatedCloud {
  /** Serves all of `packages`. */
  provider: ProviderDefinition;
  /** Names under which it is attached to an engine. */
  packages: readonly string[];
  /** By id. Whoever changes or deletes one here has made a drift. */
  resources: Map<string, SimulatedResource>;
}

export interface SimulationSettings {
  /** Outputs whose structure a program looks into, beside those that are made up by their type. Default: none. */
  structured?: (type: string, name: string, inputs: Properties) => Record<string, unknown>;
}

/**
 * AWS, Azure and Kubernetes in memory: what an engine needs to preview, create, change, replace, refresh and delete
 * resources of these packages, without an account.
 *
 * It does what providers do with the engine, not what clouds do with a request: no value is judged (a quota, an
 * overlap of networks, a name that is taken, a missing permission), no function is answered, nothing takes time.
 * Outputs are made up by the types of the npm packages, ids by the URN and a nonce.
 */
export function simulateCloud({ structured = () => ({}) }: SimulationSettings = {}): SimulatedCloud {
  const resources: SimulatedCloud["resources"] = new Map();

  const stateOf = (context: Context, id: string, inputs: Properties): Properties => {
    const { type, name } = context;
    if (isKubernetes(type)) return objectOf(id, inputs);
    return madeUp(
      { type, name, id, inputs },
      outputTypes(type),
      structured(type, name, inputs) as Properties,
    );
  };

  const handler: ResourceHandler = {
    check: ({ type, name }, { inputs, oldInputs, randomSeed }) => ({
      inputs: isKubernetes(type) ? nameObject(name, inputs, oldInputs, randomSeed) : inputs,
    }),

    diff: ({ type }, request) => differences(type, request),

    // What a cloud keeps over a change is known before it: only what comes from new inputs is not.
    preview: (_context, request) =>
      "state" in request ? merged(request.state, request.oldInputs, request.inputs) : request.inputs,

    async create(context, { inputs }) {
      const id = idOf(context);
      const state = stateOf(context, id, inputs);
      resources.set(id, { type: context.type, urn: context.urn, inputs, state });
      return { id, state };
    },

    async read(_context, { id }) {
      const found = resources.get(id);
      return found && { id, state: found.state, inputs: found.inputs };
    },

    async update(context, { id, inputs, oldInputs, state }) {
      const next = { ...stateOf(context, id, inputs), ...merged(state, oldInputs, inputs) };
      if (isRecord(inputs.tags) && "tagsAll" in next) next.tagsAll = inputs.tags;
      resources.set(id, { type: context.type, urn: context.urn, inputs, state: next });
      return next;
    },

    async delete(_context, { id }) {
      resources.delete(id);
    },
  };

  return {
    provider: defineProvider({
      name: "simulated-cloud",
      // Above all that a package may ask for.
      version: "99.0.0",
      resources: {},
      otherwise: handler,
    }),
    packages: ["aws", "azure-native", "kubernetes"],
    resources,
  };
}

/** The state with new inputs in the place of old ones. */
function merged(state: Properties, oldInputs: Properties, inputs: Properties): Properties {
  const kept = Object.entries(state).filter(([name]) => !(name in oldInputs) || name in inputs);
  return { ...Object.fromEntries(kept), ...inputs };
}

function differences(type: string, { inputs, oldInputs }: DiffRequest): Diff {
  const { changes } = diffInputs(oldInputs, inputs);
  for (const [path, change] of Object.entries(changes)) change.replace = isReplacing(type, path);
  // Two of one name cannot be at a time: providers delete first where a program chose the name.
  const given = isKubernetes(type) ? "metadata.name" : "name";
  const isNamed = isKubernetes(type) || typeof inputs.name === "string";
  return { changes, deleteBeforeReplace: isNamed && !(given in changes) };
}

/** An id of its own for each creation, so that a replacement is told from what it replaces. */
function idOf({ urn, type, name }: Context): string {
  const hash = createHash("sha256").update(urn).update(randomBytes(8)).digest("hex").slice(0, 17);
  const kind = type.split(":").at(-1)!;
  return `${kind[0]!.toLowerCase()}${kind.slice(1)}-${name}-${hash}`;
}
