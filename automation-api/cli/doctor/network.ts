import { createServer } from "node:net";
import type { Settings } from "../../config.ts";
import { health } from "../../system/contract.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

const answerMs = 2_000;

/** The address of the server: free, answered by a Roost, or taken by something else. */
export async function checkAddress(settings: Settings): Promise<Finding> {
  const { ROOST_HOST: host, ROOST_PORT: port } = settings;
  const scheme = settings.ROOST_TLS_CERT ? "https" : "http";
  const found = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${settings.ROOST_BEHIND_PROXY ? ", behind a proxy" : ""}`;
  if (port === 0) return ok("address", `${found}: a free port at each start`);
  const code = await tryListen(host, port);
  if (code === undefined) return ok("address", `${found}: free, no server runs here`);
  if (code !== "EADDRINUSE") {
    const next =
      code === "EACCES"
        ? "ports below 1024 need privileges: set ROOST_PORT to a higher one"
        : "set ROOST_HOST to an address of this machine";
    return fault("address", found, `nothing can listen there: ${code}`, next);
  }
  if (scheme === "https") return ok("address", `${found}: something listens; look with \`roost status\``);
  if (await isRoost(`${scheme}://${urlHost(host)}:${port}`))
    return ok("address", `${found}: a Roost server answers`);
  return warning(
    "address",
    found,
    "something else than Roost listens there",
    "stop it, or set ROOST_PORT to another port",
  );
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function isRoost(origin: string): Promise<boolean> {
  const signal = AbortSignal.timeout(answerMs);
  const response = await fetch(`${origin}/health`, { redirect: "error", signal }).catch(() => undefined);
  return health.safeParse(await response?.json().catch(() => undefined)).success;
}

/** Every address of the machine is reached by loopback too. */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
