import { isAbsolute } from "node:path";
import { CheckFailed, defineProvider, type ProviderDefinition } from "../provider/index.ts";
import type { RoostConfig } from "./config.ts";
import { defaultDataFolder } from "./data-folder.ts";
import { serviceHandler } from "./service/handler.ts";
import { sessionHandler } from "./session/handler.ts";
import { openSessionTargets, type SessionTargets } from "./session/index.ts";

export interface RoostProviderOptions {
  /** Folder that holds `services/`. When given, a program cannot choose another. Default: the program's, or ours. */
  dataFolder?: string;
  /** Where sessions run. Default: as processes of this machine. */
  sessions?: SessionTargets;
}

export const serviceType = "roost:local:Service";
export const sessionType = "roost:session:Session";

/** The provider of every `roost:*` resource. */
export function roostProvider(options: RoostProviderOptions = {}): ProviderDefinition {
  return defineProvider({
    name: "roost",
    version: "0.1.0",
    configure(_context, { dataFolder }): RoostConfig {
      const chosen = chooseDataFolder(options.dataFolder, dataFolder);
      return { dataFolder: chosen, sessions: options.sessions ?? openSessionTargets(chosen) };
    },
    resources: { [serviceType]: serviceHandler, [sessionType]: sessionHandler },
  });
}

function chooseDataFolder(given: string | undefined, configured: unknown): string {
  const configuredHere = configured !== undefined && configured !== null && configured !== "";
  if (!configuredHere) return given ?? defaultDataFolder();
  if (given !== undefined && configured !== given) {
    throw new CheckFailed([
      { property: "dataFolder", reason: "is set by the server and cannot be chosen here" },
    ]);
  }
  if (typeof configured !== "string" || !isAbsolute(configured)) {
    throw new CheckFailed([{ property: "dataFolder", reason: "must be an absolute path" }]);
  }
  return configured;
}
