import { randomInt } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { identify, isAlive, type ProcessIdentity } from "../../plugins/process/index.ts";
import { endUsers, processesOf } from "./launcher-processes.ts";

/**
 * User ids for runners: above what container tools hand out (524288 to
 * 1879048191, https://systemd.io/UIDS-GIDS/) and below 2^31; or, inside a
 * container with few ids, those that Debian keeps unused.
 */
const ranges = [
  { first: 1_900_000_000, count: 100_000 },
  { first: 50_000, count: 9_000 },
] as const;

export interface UserRange {
  first: number;
  count: number;
}

/** The user ids (equal to group ids) of one runner. */
export interface RunnerUsers {
  /** Our own code. It reads files that a user names (assets), so it has none that are secret. */
  runner: number;
  /** The engine with its language host and official plugins: it holds the access token. */
  engine: number;
  /** What a user supplies: programs and commands. */
  program: number;
  /** Policy packs of a project: what they judge must not reach them. */
  policy: number;
}

const usersEach = 4;

/** What is known of a reservation to whoever has to clear up after its owner. */
interface Reservation {
  owner: ProcessIdentity;
  users: RunnerUsers;
  /** The runner's folder, removed with it. */
  folder: string;
  runner?: ProcessIdentity;
}

/** Chooses ids that exist here: in a container not all of them do. */
export function chooseRange(uidMap: string): UserRange | undefined {
  const mapped = uidMap
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((row) => row.length === 3) as [number, number, number][];
  return ranges.find(({ first, count }) =>
    mapped.some(([inside, , length]) => inside <= first && first + count <= inside + length),
  );
}

/**
 * Reserves users for runners. Reservations are files of the machine, not of
 * an installation: two servers on one machine never share a user, and each
 * can end what a dead one left.
 */
export class UserRegistry {
  readonly #folder: string;

  /** @param folder private to the superuser and empty after a reboot. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws when a hundred tries find no free ones. */
  async reserve(range: UserRange, folder: string): Promise<RunnerUsers> {
    const owner = identify(process.pid);
    if (!owner) throw new Error("this process cannot be identified");
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < 100; attempt++) {
      const first = range.first + usersEach * randomInt(Math.floor(range.count / usersEach));
      const users = { runner: first, engine: first + 1, program: first + 2, policy: first + 3 };
      if (!(await this.#create({ owner, users, folder }))) continue;
      if (processesOf(idsOf(users)).length === 0) return users;
      await this.release(users);
    }
    throw new Error("no user id is free for a runner");
  }

  /** Notes the runner's process, by which another worker knows the reservation. */
  async noteRunner(users: RunnerUsers, runner: ProcessIdentity): Promise<void> {
    const reservation = await this.#read(this.#fileOf(users));
    if (!reservation) return;
    const draft = `${this.#fileOf(users)}.draft`;
    await writeFile(draft, JSON.stringify({ ...reservation, runner }), { mode: 0o600 });
    await rename(draft, this.#fileOf(users));
  }

  async release(users: RunnerUsers): Promise<void> {
    await rm(this.#fileOf(users), { force: true });
  }

  /** Ends all that belongs to owners that have died, and to the given runner whether or not its owner lives. */
  async endAbandoned(runner?: ProcessIdentity): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!/^\d+$/.test(name)) continue;
      const reservation = await this.#read(path.join(this.#folder, name));
      if (!reservation || (isAlive(reservation.owner) && !isSame(reservation.runner, runner))) continue;
      await endUsers(idsOf(reservation.users));
      await rm(reservation.folder, { recursive: true, force: true });
      await this.release(reservation.users);
    }
  }

  /** Linking a finished file is one step: a reservation without its owner is never seen. */
  async #create(reservation: Reservation): Promise<boolean> {
    const draft = path.join(this.#folder, `.${reservation.users.runner}.${process.pid}`);
    await writeFile(draft, JSON.stringify(reservation), { mode: 0o600 });
    try {
      await link(draft, this.#fileOf(reservation.users));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async #read(file: string): Promise<Reservation | undefined> {
    const text = await readFile(file, "utf8").catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Reservation);
  }

  #fileOf(users: RunnerUsers): string {
    return path.join(this.#folder, String(users.runner));
  }
}

export function idsOf(users: RunnerUsers): number[] {
  // A server of an earlier release may have left a reservation without the last.
  return [users.runner, users.engine, users.program, users.policy].filter((user) => user !== undefined);
}

function isSame(one: ProcessIdentity | undefined, other: ProcessIdentity | undefined): boolean {
  return (
    one !== undefined &&
    other !== undefined &&
    one.pid === other.pid &&
    one.startTime === other.startTime &&
    one.bootId === other.bootId
  );
}
