import { commandProvider } from "../../plugins/command/index.ts";
import {
  admitGroup,
  canTellPeers,
  type ProviderDefinition,
  serveProvider,
} from "../../plugins/provider/index.ts";
import { roostProvider } from "../../plugins/roost/index.ts";
import type { RunnerSetup } from "./contract.ts";

/**
 * Serves our providers inside this runner and returns `name:port,…` for the
 * engine. Attached gRPC has no authentication, so only the engine that this
 * runner starts is let in; where peers cannot be told the engine starts the
 * installed executables instead.
 */
export async function attachProviders(
  setup: RunnerSetup,
  extra: Record<string, ProviderDefinition>,
  engineProcess: () => number | undefined,
): Promise<string> {
  if (!canTellPeers) return "";
  const providers: Record<string, ProviderDefinition> = {
    roost: roostProvider({ dataFolder: setup.servicesFolder }),
    ...extra,
  };
  if (setup.commandProvider === "roost") providers.command = commandProvider;
  const admit = admitGroup({ group: engineProcess });
  const ports = await Promise.all(
    Object.entries(providers).map(async ([name, provider]) => {
      const { port } = await serveProvider(provider, { admit });
      return `${name}:${port}`;
    }),
  );
  return ports.join(",");
}
