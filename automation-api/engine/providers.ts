import { commandProvider } from "../../plugins/command/index.ts";
import {
  admitGroup,
  admitUser,
  canTellPeers,
  type ProviderDefinition,
  type Served,
  type ServeOptions,
  serveProvider,
} from "../../plugins/provider/index.ts";
import { roostProvider, type SessionTargets } from "../../plugins/roost/index.ts";
import type { RunnerSetup } from "./contract.ts";

/**
 * Serves providers inside this runner and returns `name:port,…` for the
 * engine, with those that the worker serves. Attached gRPC has no
 * authentication, so only the engine that this runner starts is let in; where
 * peers cannot be told the engine starts the installed executables instead.
 */
export async function attachProviders(
  setup: RunnerSetup,
  extra: Record<string, ProviderDefinition>,
  engineProcess: () => number | undefined,
): Promise<string> {
  if (!canTellPeers) return "";
  const providers = { ...extra };
  if (setup.commandProvider === "roost") providers.command = commandProvider;
  const admit = admitEngine(setup.engineUser, engineProcess);
  const ports = await Promise.all(
    Object.entries(providers).map(async ([name, provider]) => {
      const { port } = await serveProvider(provider, { admit });
      return `${name}:${port}`;
    }),
  );
  return [...setup.attached, ...ports].join(",");
}

/**
 * Serves local services to one runner's engine from the worker: services
 * outlive the runner and its user, so their records belong to the worker.
 */
export async function serveLocalServices(
  dataFolder: string,
  sessions: SessionTargets | undefined,
  admit: ServeOptions["admit"],
): Promise<Served | undefined> {
  if (!canTellPeers) return undefined;
  return serveProvider(roostProvider({ dataFolder, sessions }), { admit });
}

/** Lets in one engine: by its user where that is its alone, else by the processes that may be it. */
export function admitEngine(
  engineUser: number | undefined,
  group: () => number | undefined,
): ServeOptions["admit"] {
  return engineUser === undefined ? admitGroup({ group }) : admitUser(engineUser);
}
