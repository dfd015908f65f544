/**
 * The launcher: the one process of a worker that starts what users supply. It
 * runs as root with few capabilities and no new privileges, has none of the
 * server's settings, and is told by the worker for which runners it works.
 * When the worker is gone it ends every process of these runners, then itself.
 */
import { chmod, chown, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { LauncherConnection } from "./launcher-connection.ts";
import type { FromLauncher, OpenRunner, ToLauncher } from "./launcher-contract.ts";
import { endUsers } from "./launcher-processes.ts";
import { idsOf } from "./launcher-users.ts";

interface Open {
  runner: OpenRunner;
  server: Server;
  sockets: Set<Socket>;
}

const open = new Map<string, Open>();

function send(message: FromLauncher): void {
  if (process.connected) process.send?.(message);
}

process.on("message", (message: ToLauncher) => {
  const done = message.kind === "open" ? listen(message.runner) : close(message.socket);
  done.then(
    () => send({ kind: "done", request: message.request }),
    (error: Error) => send({ kind: "done", request: message.request, error: error.message }),
  );
});
process.on("disconnect", () => void leave());
// Sent to the worker's whole group by a terminal: the worker says when it is time to go.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

async function listen(runner: OpenRunner): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    new LauncherConnection(socket, runner);
  });
  // The worker may have started a second launcher after the first one died.
  await rm(runner.socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(runner.socket, resolve);
  });
  await chmod(runner.socket, 0o600);
  await chown(runner.socket, runner.users.runner, runner.users.runner);
  open.set(runner.socket, { runner, server, sockets });
}

async function close(socket: string): Promise<void> {
  const found = open.get(socket);
  if (!found) return;
  open.delete(socket);
  found.server.close();
  for (const each of found.sockets) each.destroy();
  await endUsers(idsOf(found.runner.users));
}

async function leave(): Promise<void> {
  await Promise.allSettled([...open.keys()].map(close));
  process.exit(0);
}

send({ kind: "ready" });
