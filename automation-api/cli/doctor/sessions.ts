import { existsSync } from "node:fs";
import { daemonOf, openSessionTargets } from "../../../plugins/roost/index.ts";
import type { Settings } from "../../config.ts";
import { messageOf } from "../../errors.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** Whether sessions on this machine are kept apart, and the Docker daemon that they could run at. */
export async function checkSessions(
  settings: Pick<Settings, "ROOST_DATA_DIR" | "ROOST_DOCKER_SOCKET">,
): Promise<Finding[]> {
  const { ROOST_DATA_DIR, ROOST_DOCKER_SOCKET: dockerSocket } = settings;
  const targets = openSessionTargets(ROOST_DATA_DIR, undefined, { dockerSocket });
  return [
    apart("sessions", "processes of this machine", targets.process?.exposed),
    ...(targets.docker && existsSync(dockerSocket)
      ? [await checkDaemon(dockerSocket, targets.docker.exposed)]
      : []),
  ];
}

async function checkDaemon(socketPath: string, exposed: string | undefined): Promise<Finding> {
  try {
    const { version, apiVersion, platform } = await daemonOf(socketPath);
    const found = `Docker ${version} (API ${apiVersion}, ${platform}) at ${socketPath}`;
    return apart("docker", found, exposed);
  } catch (error) {
    const next = "start the daemon, or let the server's user open its socket";
    return warning("docker", socketPath, `no daemon answers: ${messageOf(error)}`, next);
  }
}

function apart(name: string, found: string, exposed: string | undefined): Finding {
  if (exposed === undefined) return ok(name, `${found}; sessions are kept apart`);
  const next =
    "start the server as root on Linux with nftables, or let people have sessions who trust each other";
  return warning(name, `${found}; isolation: none`, exposed, next);
}
