/**
 * The launcher: the one process of a worker that starts what users supply. It
 * runs as root with few capabilities and no new privileges, has none of the
 * server's settings, and is told by the worker for which runners it works.
 * When the worker is gone it ends every process of these runners, then itself.
 */
import { chmod, chown, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import type { Role } from "../../plugins/process/index.ts";
import { LauncherConnection } from "./launcher-connection.ts";
import type { FromLauncher, OpenRunner, ToLauncher } from "./launcher-contract.ts";
import { endUsers } from "./launcher-processes.ts";
import { idsOf } from "./launcher-users.ts";

interface Open {
  runner: OpenRunner;
  servers: Server[];
  sockets: Set<Socket>;
  /** Users of whom anything was started. */
  used: Set<number>;
}

/** By the runner's user. */
const open = new Map<number, Open>();

function send(message: FromLauncher): void {
  if (process.connected) process.send?.(message);
}

process.on("message", (message: ToLauncher) => {
  const done = message.kind === "open" ? start(message.runner) : close(message.runner.users.runner);
  done.then(
    () => send({ kind: "done", request: message.request }),
    (error: Error) => send({ kind: "done", request: message.request, error: error.message }),
  );
});
process.on("disconnect", () => void leave());
// Sent to the worker's whole group by a terminal: the worker says when it is time to go.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

async function start(runner: OpenRunner): Promise<void> {
  const found: Open = { runner, servers: [], sockets: new Set(), used: new Set() };
  open.set(runner.users.runner, found);
  await listen(found, runner.sockets.runner, runner.users.runner, ["program", "engine", "policy"]);
  await listen(found, runner.sockets.engine, runner.users.engine, ["program"]);
}

async function listen(found: Open, socketPath: string, user: number, roles: Role[]): Promise<void> {
  const server = createServer((socket) => {
    found.sockets.add(socket);
    socket.once("close", () => found.sockets.delete(socket));
    new LauncherConnection(socket, found.runner, roles, (user) => found.used.add(user));
  });
  found.servers.push(server);
  // Left by a launcher that died.
  await rm(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
  await chown(socketPath, user, user);
}

async function close(runnerUser: number): Promise<void> {
  const found = open.get(runnerUser);
  if (!found) return;
  open.delete(runnerUser);
  for (const server of found.servers) server.close();
  for (const each of found.sockets) each.destroy();
  // Our own code does not fork to escape, and where nothing of the user's was started nothing can.
  const { program, policy } = found.runner.users;
  const forking = [program, policy].filter((user) => found.used.has(user));
  await endUsers(idsOf(found.runner.users), forking);
}

async function leave(): Promise<void> {
  await Promise.allSettled([...open.keys()].map(close));
  process.exit(0);
}

send({ kind: "ready" });
