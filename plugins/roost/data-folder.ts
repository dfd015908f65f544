import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where services are kept when nothing names a folder: `ROOST_SERVICES_DIR`, else a folder of the machine for a
 * superuser (whose services run as other users, who cannot enter a home), else one of the user's own.
 */
export function defaultDataFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.ROOST_SERVICES_DIR) return env.ROOST_SERVICES_DIR;
  if (process.getuid?.() === 0 && process.platform === "linux") return "/var/lib/roost";
  const state = env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  return join(state, "roost");
}
