import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Context, defineProvider, type Properties, type ResourceHandler } from "../provider/index.ts";
import { openWorld, type World } from "./world.ts";

/**
 * A resource that touches nothing: for benches and tests of everything around a provider.
 *
 * Inputs: `delayMilliseconds` (each create, update and delete takes that long), `fail` (the operation of that name
 * fails: "create", "update" or "delete"), `replaceKey` (a change replaces the resource), `worldPath`
 * (a file that records what exists and what was done); everything else passes through.
 */
const resource: ResourceHandler = {
  replaceOn: ["replaceKey"],

  async create(context, { inputs }) {
    await perform(context, "create", inputs);
    const id = randomUUID();
    world(inputs)?.put("create", context.name, id, inputs);
    return { id, state: inputs };
  },

  async read(_context, { id, inputs, state }) {
    const known = world(inputs) ?? world(state);
    if (known === undefined) return { id, state };
    const found = known.find(id);
    return found && { id, state: found, inputs: found };
  },

  async update(context, { id, inputs }) {
    await perform(context, "update", inputs);
    world(inputs)?.put("update", context.name, id, inputs);
    return inputs;
  },

  async delete(context, { id, state }) {
    await perform(context, "delete", state);
    world(state)?.remove(context.name, id);
  },
};

async function perform(context: Context, operation: string, properties: Properties): Promise<void> {
  const milliseconds = Number(properties.delayMilliseconds ?? 0);
  if (milliseconds > 0) await delay(milliseconds, undefined, { signal: context.signal });
  if (properties.log !== undefined) context.log("info", String(properties.log));
  if (properties.fail === operation) throw new Error(`${operation} of ${context.name} was told to fail`);
}

function world(properties: Properties): World | undefined {
  return typeof properties.worldPath === "string" ? openWorld(properties.worldPath) : undefined;
}

export const noopProvider = defineProvider({
  name: "noop",
  version: "0.1.0",
  resources: { "noop:index:Resource": resource },
});
