import type { SessionTargets } from "./session/target.ts";

/** What the provider's handlers find in `context.config`. */
export interface RoostConfig {
  /** Holds `services/`. */
  dataFolder: string;
  sessions: SessionTargets;
}
