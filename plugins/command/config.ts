import type { Properties } from "../provider/index.ts";

/** The provider's configuration, `command:<name>` in a stack's. */
export interface CommandConfig {
  /** Names of environment variables of this process that commands get beside the allow-list. Default: none. */
  environment: string;
}

export function readConfig(config: Properties): CommandConfig {
  return { environment: typeof config.environment === "string" ? config.environment : "" };
}
