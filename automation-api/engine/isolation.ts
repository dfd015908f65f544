import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, chown, mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { identify, type ProcessIdentity } from "../../plugins/process/index.ts";
import { isReachableByOthers } from "../db/postgres-user.ts";
import { messageOf } from "../errors.ts";
import { lendCompileCache } from "./compile-cache.ts";
import { placeEngine } from "./isolation-engine.ts";
import { Launcher } from "./launcher.ts";
import type { OpenRunner } from "./launcher-contract.ts";
import { planMounts, realFolders } from "./launcher-mounts.ts";
import { chooseRange, type UserRange, UserRegistry } from "./launcher-users.ts";

const run = promisify(execFile);
const limitScript = fileURLToPath(new URL("./launcher-limits.sh", import.meta.url));
const trialScript = fileURLToPath(new URL("./launcher-trial.sh", import.meta.url));
const runnerProgram = fileURLToPath(new URL("./runner.ts", import.meta.url));

/** Of the machine, so that servers on it agree about users; gone after a reboot, as their processes are. */
const machineFolder = "/run/roost";
const registry = new UserRegistry(path.join(machineFolder, "users"));

interface SeparateUsers {
  kind: "separate-users";
  homes: string;
  range: UserRange;
  launcher: Launcher;
  /** The engine to run: one that starts nothing of a user's as itself. */
  enginePath: string;
}

/** How runners are kept from the server and from each other on this machine. */
export type Isolation =
  | SeparateUsers
  /** One trust domain: what a program may read, the server may read. `why` says what is missing. */
  | { kind: "shared"; homes: string; why: string };

export interface IsolationOptions {
  dataFolder: string;
  projectFolder: string;
  enginePath: string;
  /** More that runners read, where its own modes let them: plugins, folders that programs are taken from. */
  needed?: string[];
  onFault?: (message: string) => void;
}

/**
 * As root each runner, its engine and what a user supplies get a user each of
 * their own; where code or engine lie in a folder closed to others, these
 * users see it in a view of the file system of their own. Else all share the server's user.
 */
export async function planIsolation(options: IsolationOptions): Promise<Isolation> {
  const separate = await separateUsers(options).catch((error) => messageOf(error).trim());
  const homes = path.join(options.dataFolder, "runners");
  const isolation: Isolation =
    typeof separate === "string" ? { kind: "shared", homes, why: separate } : separate;
  await removeAbandonedFolders(isolation.homes);
  return isolation;
}

/** @returns why it is not possible, when it is not. */
async function separateUsers(options: IsolationOptions): Promise<Isolation | string> {
  if (process.getuid?.() !== 0) return "the server does not run as root";
  if (process.platform !== "linux") return "this system has no setpriv";
  const range = chooseRange(await readFile("/proc/self/uid_map", "utf8"));
  if (!range) return "this container has too few user ids";
  if (!(await hasCommand("setpriv"))) return "the command setpriv (util-linux) is missing";
  // Before the view is planned: what is made later in a covered folder would not be seen in it.
  const homes = await makeReachableHomes(path.join(options.dataFolder, "runners"));
  const enginePath = await placeEngine(options.enginePath, path.join(path.dirname(homes), "engine"));
  const needed = await existing([
    options.projectFolder,
    path.dirname(path.dirname(process.execPath)),
    ...(options.needed ?? []),
  ]);
  const mounts = planMounts(needed, realFolders);
  if (mounts.length > 0 && !((await hasCommand("unshare")) && (await hasCommand("nsenter")))) {
    return `other users cannot reach ${mounts[0]?.path}, and the commands unshare and nsenter (util-linux) are missing`;
  }
  await mkdir(path.join(machineFolder, "sockets"), { recursive: true, mode: 0o711 });
  await registry.endAbandoned();
  const viewFolder = path.join(machineFolder, "view");
  const launcher = await Launcher.start({ viewFolder, mounts, onFault: options.onFault ?? (() => {}) });
  const isolation: SeparateUsers = { kind: "separate-users", homes, range, launcher, enginePath };
  const obstacle = await tryOut(isolation).catch((error) => messageOf(error).trim());
  if (obstacle === undefined) return isolation;
  await launcher.stop();
  return obstacle;
}

/** Ends the launcher with everything that it has started. */
export async function closeIsolation(isolation: Isolation): Promise<void> {
  if (isolation.kind === "separate-users") await isolation.launcher.stop();
}

/** Another user, and the command line that runs a command as that user. */
export interface OtherUser {
  uid: number;
  gid: number;
  wrap(command: string[]): string[];
}

/** Where one runner lives. */
export interface Room {
  /** The runner's own folder, for temporary files. */
  home: string;
  /** The engine's: PULUMI_HOME is `pulumi` in it. */
  engineHome: string;
  /** The program's folder is `program` in it; everyone in this room can write there. */
  work: string;
  /** Policy packs of the project are placed below it, where no program can write. */
  packs: string;
  /** Sockets by which children get users of their own; absent where all share one. */
  launchers?: { runner: string; engine: string };
  /** The engine to run, when it is another than the one that was found. */
  enginePath?: string;
  /** The engine's user, when it is its alone: providers admit nobody else. */
  engineUser?: number;
  /** The user of what a user supplies. */
  programUser?: OtherUser;
  /** The user of policy packs of the project. */
  policyUser?: OtherUser;
  /** A cache of ours, in a form that the runner reads: to be given to it as NODE_COMPILE_CACHE. */
  lendCompileCache(cache: string): Promise<string>;
  /** The command line that starts the runner. */
  command(words: string[]): string[];
  /** Tells other workers by which process to know this room. */
  noteRunner(runner: ProcessIdentity): Promise<void>;
  /** Ends every process of this room and removes its folders. */
  close(): Promise<void>;
}

/** @param slot from a sequence of the database: never given out twice. */
export async function openRoom(isolation: Isolation, slot: number): Promise<Room> {
  await mkdir(isolation.homes, { recursive: true, mode: 0o711 });
  const folder = path.join(isolation.homes, folderName(slot));
  await rm(folder, { recursive: true, force: true });
  return isolation.kind === "shared" ? sharedRoom(folder) : separateRoom(isolation, folder);
}

async function sharedRoom(folder: string): Promise<Room> {
  const home = path.join(folder, "runner");
  const work = path.join(folder, "work");
  const packs = path.join(folder, "packs");
  await mkdir(packs, { recursive: true, mode: 0o700 });
  await mkdir(path.join(home, "pulumi"), { recursive: true, mode: 0o700 });
  await mkdir(path.join(work, "program"), { recursive: true, mode: 0o700 });
  return {
    home,
    engineHome: home,
    work,
    packs,
    lendCompileCache: async (cache) => cache,
    command: (words) => words,
    noteRunner: async () => {},
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function separateRoom({ range, launcher, enginePath }: SeparateUsers, folder: string): Promise<Room> {
  const users = await registry.reserve(range, folder);
  const folderOf = (name: string) => path.join(folder, name);
  const [home, engineHome, programHome] = [folderOf("runner"), folderOf("engine"), folderOf("home")];
  const [work, packs, policyHome] = [folderOf("work"), folderOf("packs"), folderOf("policy")];
  const socketOf = (user: number) => path.join(machineFolder, "sockets", String(user));
  const runner: OpenRunner = {
    sockets: { runner: socketOf(users.runner), engine: socketOf(users.engine) },
    users,
    homes: { runner: home, engine: engineHome, program: programHome, policy: policyHome },
  };
  const close = async () => {
    await launcher.close(runner);
    await rm(folder, { recursive: true, force: true });
    await registry.release(users);
  };
  const { runner: runnerUser, engine: engineUser, program, policy } = users;
  try {
    await makeFolder(folder, 0o711);
    await makeFolder(home, 0o700, runnerUser);
    // The runner may put plugins there; what the engine keeps there is closed to it.
    await makeFolder(engineHome, 0o750, engineUser, runnerUser);
    await makeFolder(path.join(engineHome, "pulumi"), 0o770, engineUser, runnerUser);
    // Runner and engine read what a program leaves: both belong to its group.
    await makeFolder(programHome, 0o770, program);
    await makeFolder(work, 0o2770, program);
    await makeFolder(path.join(work, "program"), 0o2770, program);
    await makeFolder(policyHome, 0o700, policy);
    await makeFolder(packs, 0o711, policy);
    await launcher.open(runner);
  } catch (error) {
    await close();
    throw error;
  }
  const otherUser = (user: number): OtherUser => ({
    uid: user,
    gid: user,
    wrap: (words) => launcher.inView(asUser(user, user, words)),
  });
  return {
    home,
    engineHome,
    work,
    packs,
    enginePath,
    launchers: runner.sockets,
    engineUser,
    programUser: otherUser(program),
    policyUser: otherUser(policy),
    async lendCompileCache(cache) {
      const lent = path.join(folder, "compiled");
      await lendCompileCache(cache, lent, runnerUser);
      return lent;
    },
    command: (words) => launcher.inView(asUser(runnerUser, program, words)),
    noteRunner: (identity) => registry.noteRunner(users, identity),
    close,
  };
}

/** Ends what a runner of another worker has left, and all that dead workers on this machine have. */
export async function endForeignRooms(runner?: ProcessIdentity): Promise<void> {
  if (process.getuid?.() === 0 && process.platform === "linux") await registry.endAbandoned(runner);
}

/** The command line that starts `command` as another user, member of one more group, without a way to new privileges. */
function asUser(user: number, group: number, command: string[]): string[] {
  const rights = [`--reuid=${user}`, `--regid=${user}`, `--groups=${group}`];
  return [
    "setpriv",
    ...rights,
    "--no-new-privs",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--",
    "/bin/sh",
    limitScript,
    ...command,
  ];
}

/** Whether it works is told by trying: modes, mounts, mappings and policies of the machine all have a say. */
async function tryOut(isolation: SeparateUsers): Promise<string | undefined> {
  const room = await openRoom(isolation, 0);
  try {
    const engine = path.dirname(isolation.enginePath);
    const own = (await readdir(engine)).map((name) => path.join(engine, name));
    const files = [...own, process.execPath, runnerProgram];
    const [program, ...rest] = room.command(["/bin/sh", trialScript, ...files]) as [string, ...string[]];
    const tried = await run(program, rest, { cwd: "/" }).catch(
      (error: { stdout?: string; message: string }) => error,
    );
    if (!("message" in tried)) return undefined;
    return tried.stdout ? `other users cannot read ${tried.stdout.trim()}` : tried.message;
  } finally {
    await room.close();
  }
}

/** Elsewhere when others cannot reach the data folder. The database does likewise. */
async function makeReachableHomes(wanted: string): Promise<string> {
  const elsewhere = path.join(
    "/var/lib/roost",
    createHash("sha256").update(wanted).digest("hex").slice(0, 12),
    "runners",
  );
  const homes = (await isReachableByOthers(path.dirname(wanted))) ? wanted : elsewhere;
  await mkdir(homes, { recursive: true, mode: 0o711 });
  await chmod(homes, 0o711);
  return homes;
}

/** Names the owner, so that whoever comes later can tell whether it lives. */
function folderName(slot: number): string {
  const owner = identify(process.pid);
  return `${slot}-${owner?.pid}-${owner?.startTime.replaceAll(/\W/g, "_")}`;
}

async function removeAbandonedFolders(homes: string): Promise<void> {
  for (const name of await readdir(homes).catch(() => [])) {
    const [, pid, started] = name.split("-");
    const found = pid === undefined ? undefined : identify(Number(pid));
    if (found && found.startTime.replaceAll(/\W/g, "_") === started) continue;
    await rm(path.join(homes, name), { recursive: true, force: true });
  }
}

async function makeFolder(folder: string, mode: number, user = 0, group = user): Promise<void> {
  await mkdir(folder);
  await chown(folder, user, group);
  await chmod(folder, mode);
}

async function existing(files: string[]): Promise<string[]> {
  const found = await Promise.all(files.map((file) => realpath(file).catch(() => undefined)));
  return [...new Set(found.filter((file) => file !== undefined))];
}

function hasCommand(name: string): Promise<boolean> {
  return run(name, ["--version"]).then(
    () => true,
    () => false,
  );
}
