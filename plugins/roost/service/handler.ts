import {
  type Context,
  diffInputs,
  type Properties,
  type ResourceHandler,
  secret,
  type UpdateRequest,
} from "../../provider/index.ts";
import { checkInputs } from "./check.ts";
import { awaitHealthy, isSupervised, reloadSettings, startSupervisor, stopService } from "./control.ts";
import { installService, removeService, snapshotOf } from "./install.ts";
import { outputsOf } from "./outputs.ts";
import { planChange, toChanges } from "./plan.ts";
import {
  readRecord,
  readSecrets,
  readStatus,
  type ServicePaths,
  serviceId,
  servicePaths,
  writeJson,
} from "./record.ts";
import { hashCommand, type ServiceInputs } from "./spec.ts";
import { reasonToShareUser } from "./user.ts";

/** How long a start may take when the resource has no custom timeout. */
const startSeconds = 60;

/** A service of this machine, kept running by a supervisor of its own. */
export const serviceHandler: ResourceHandler = {
  check(context, { inputs }) {
    const failures = checkInputs(inputs);
    if (context.secretInputs.has("command")) {
      const reason = "is seen by everyone on the machine: pass secrets by secretEnvironment";
      failures.push({ property: "command", reason });
    }
    // Whatever the program's language, these values are secret from here on.
    const { secretEnvironment } = inputs;
    return {
      inputs: secretEnvironment ? { ...inputs, secretEnvironment: secret(secretEnvironment) } : inputs,
      failures,
    };
  },

  diff(_context, { inputs, oldInputs, state }) {
    const plan = planChange(toInputs(oldInputs), toInputs(inputs), state.state === "running");
    // An id belongs to one service at a time, so the old one goes first when a replacement is forced.
    const { changes } = diffInputs(oldInputs, inputs);
    return { changes: toChanges(plan, changes), deleteBeforeReplace: true };
  },

  preview(_context, request) {
    if (!("state" in request)) return {};
    const { address, port, url, logPath } = request.state;
    const wanted = request.inputs.port;
    const moved = wanted !== undefined && wanted !== port;
    return moved ? { address, logPath } : { address, port, url, logPath };
  },

  async create(context, { inputs }) {
    const { dataFolder, paths, id } = locate(context, serviceId(context.urn));
    const shared = reasonToShareUser(dataFolder);
    if (shared) context.log("warning", `It runs with all rights of this machine's superuser: ${shared}.`);
    const release = await stopService(paths, context.signal);
    try {
      await installService(dataFolder, paths, { id, urn: context.urn }, toInputs(inputs));
      release();
      return { id, state: await start(context, dataFolder, paths) };
    } catch (error) {
      release();
      await remove(dataFolder, id, paths, AbortSignal.abort());
      throw error;
    }
  },

  async read(context, { id }) {
    const { paths } = locate(context, id);
    const record = readRecord(paths);
    if (record === undefined) return undefined;
    const secrets = readSecrets(paths);
    const hasSecrets = Object.keys(secrets).length > 0;
    const inputs = {
      ...record.inputs,
      ...(hasSecrets && { secretEnvironment: secret(secrets) }),
    } as unknown as Properties;
    return { id, state: { ...outputsOf(record, readStatus(paths)) }, inputs };
  },

  async update(context, request) {
    const { paths, dataFolder } = locate(context, request.id);
    const inputs = toInputs(request.inputs);
    const record = readRecord(paths);
    const status = readStatus(paths);
    const same = record !== undefined && record.commandHash === hashCommand(inputs);
    if (same && outputsOf(record, status).state === "running") {
      const { secretEnvironment: _, ...open } = inputs;
      writeJson(paths.record, { ...record, inputs: open });
      if (reloadSettings(paths)) return { ...outputsOf(record, readStatus(paths)) };
    }
    return replace(context, dataFolder, paths, request);
  },

  async delete(context, { id }) {
    const { dataFolder, paths } = locate(context, id);
    await remove(dataFolder, id, paths, context.signal);
  },
};

/** Puts another process in the place of the one that runs; when it does not start, the old one comes back. */
async function replace(
  context: Context,
  dataFolder: string,
  paths: ServicePaths,
  { id, inputs }: UpdateRequest,
): Promise<Properties> {
  const wasUp = isSupervised(readStatus(paths));
  const restore = snapshotOf(paths);
  const urn = readRecord(paths)?.urn ?? context.urn;
  let release = await stopService(paths, context.signal);
  try {
    await installService(dataFolder, paths, { id, urn }, toInputs(inputs));
    release();
    return await start(context, dataFolder, paths);
  } catch (error) {
    release();
    release = await stopService(paths, AbortSignal.abort());
    restore?.();
    release();
    if (!wasUp || restore === undefined) throw error;
    await startSupervisor(dataFolder, paths);
    throw new Error(`${(error as Error).message}\nThe version before it was started again.`, {
      cause: error,
    });
  }
}

async function start(context: Context, dataFolder: string, paths: ServicePaths): Promise<Properties> {
  context.signal.throwIfAborted();
  await startSupervisor(dataFolder, paths);
  const status = await awaitHealthy(paths, context.timeoutSeconds ?? startSeconds, context.signal);
  return { ...outputsOf(readRecord(paths)!, status) };
}

async function remove(
  dataFolder: string,
  id: string,
  paths: ServicePaths,
  hurry: AbortSignal,
): Promise<void> {
  const release = await stopService(paths, hurry);
  try {
    removeService(dataFolder, id, paths);
  } finally {
    release();
  }
}

function locate(context: Context, id: string) {
  const { dataFolder } = context.config as { dataFolder: string };
  return { dataFolder, id, paths: servicePaths(dataFolder, id) };
}

/** Inputs that `check` has accepted; what the engine adds for itself, and what is null, is left out. */
function toInputs(properties: Properties): ServiceInputs {
  const kept = Object.entries(properties).filter(([name, value]) => !name.startsWith("__") && value != null);
  return Object.fromEntries(kept) as unknown as ServiceInputs;
}
