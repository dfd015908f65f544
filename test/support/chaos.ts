import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import { startEmbedded } from "../../automation-api/db/embedded.ts";
import { type Database, openDatabase } from "../../automation-api/db/pool.ts";
import { Client } from "./client.ts";
import { Cluster, type Member } from "./cluster.ts";
import { findViolations, processIds } from "./invariants.ts";

export const killKinds = ["worker", "runner", "engine", "server", "database"] as const;
export type KillKind = (typeof killKinds)[number];

export interface Round {
  seed: number;
  kind: KillKind;
  /** False when there was nothing of that kind to kill in time. */
  hit: boolean;
  /** Deployments that were under way in what was killed: how they went on. */
  resumed: number;
  ended: number;
  /** From the kill to the moment at which somebody else knew. */
  noticedMs?: number;
  /** From the kill to each touched deployment's next start or end. */
  settledMs: number[];
  states: Record<string, number>;
  violations: string[];
}

const endMs = 90_000;
const stacks = 3;
const perStack = 2;

/** A server with the embedded database and a worker, killed again and again while deployments run. */
export class ChaosLab {
  readonly #cluster: Cluster;
  readonly #database: Database;
  readonly #client: Client;
  readonly #databasePid: () => Promise<number | undefined>;

  private constructor(
    cluster: Cluster,
    database: Database,
    client: Client,
    pid: () => Promise<number | undefined>,
  ) {
    this.#cluster = cluster;
    this.#database = database;
    this.#client = client;
    this.#databasePid = pid;
  }

  /** @param entry what its processes run. Default: as a cluster's */
  static async open(env: Record<string, string> = {}, entry?: string): Promise<ChaosLab> {
    const cluster = await Cluster.open({ ROOST_WORKERS: "1", ROOST_WARM_RUNNERS: "1", ...env }, entry);
    await cluster.add("server");
    await cluster.add("worker");
    const embedded = await startEmbedded({ folder: cluster.folder });
    await embedded.release();
    const client = new Client(() => cluster.url, await cluster.token());
    return new ChaosLab(cluster, openDatabase(embedded.connection, 2), client, embedded.processId);
  }

  async close(): Promise<void> {
    await this.#database.close();
    await this.#cluster.close();
  }

  get folder(): string {
    return this.#cluster.folder;
  }

  get database(): Database["db"] {
    return this.#database.db;
  }

  get client(): Client {
    return this.#client;
  }

  /** Process id of the server, or of the worker beside it. */
  processOf(kind: Member["kind"]): number {
    return this.#member(kind).process.pid as number;
  }

  /**
   * Kills one thing of that kind and starts again what has to be.
   * @param onKilled when it is dead and nothing was started again
   * @returns whether there was one to kill
   */
  async strike(kind: KillKind, onKilled: () => void = () => {}): Promise<boolean> {
    const hit = await this.#kill(kind);
    onKilled();
    await this.#bringBack(kind);
    await this.#databaseAnswers();
    return hit !== undefined;
  }

  /** Members that ended though nobody killed them, and rows that contradict each other. */
  async faults(): Promise<string[]> {
    return [...(await this.#cluster.fallen()), ...(await this.#violations())];
  }

  /** The audit trail of all rounds: what `roost audit verify` says. */
  verifyAudit(): Promise<{ ok: boolean }> {
    return this.#client.call("POST", "/api/v1/audit/verify", {});
  }

  /** Queues deployments, kills one thing at a moment that the seed chooses, waits for all to end, and looks. */
  async round(seed: number): Promise<Round> {
    const random = generator(seed);
    const kind = killKinds[Math.floor(random() * killKinds.length)] as KillKind;
    const ids = await this.#queue(random);
    await wait(100 + random() * 2400);
    const hit = await this.#kill(kind);
    const killedAt = Date.now();
    await this.#bringBack(kind);
    await this.#databaseAnswers();
    const ended = await Promise.all(
      ids.map((id) => this.#client.ended(id, endMs).catch((error: Error) => error)),
    );
    const violations = ended.flatMap((each) => (each instanceof Error ? [each.message] : []));
    const states: Record<string, number> = {};
    for (const each of ended)
      if (!(each instanceof Error)) states[each.state] = (states[each.state] ?? 0) + 1;
    const touched = await this.#touched(hit?.deployments ?? [], killedAt);
    return {
      seed,
      kind,
      hit: hit !== undefined,
      resumed: touched.filter(({ attempt }) => attempt > 1).length,
      ended: touched.filter(({ attempt }) => attempt === 1).length,
      noticedMs: hit?.workerPid === undefined ? undefined : await this.#noticed(hit.workerPid, killedAt),
      settledMs: touched.flatMap(({ settledMs }) => (settledMs === null ? [] : [Number(settledMs)])),
      states,
      violations: [...violations, ...(await this.#cluster.fallen()), ...(await this.#violations())],
    };
  }

  async #queue(random: () => number): Promise<string[]> {
    const ids: string[] = [];
    for (let stack = 0; stack < stacks; stack++) {
      for (let turn = 0; turn < perStack; turn++) {
        const { id } = await this.#client.deploy({
          project: "chaos",
          stack: `s${stack}`,
          ...work(random, stack),
        });
        ids.push(id);
      }
    }
    return ids;
  }

  async #kill(kind: KillKind): Promise<{ deployments: string[]; workerPid?: number } | undefined> {
    if (kind === "database") {
      const pid = await this.#databasePid();
      if (pid) process.kill(pid, "SIGKILL");
      return pid ? { deployments: [] } : undefined;
    }
    if (kind === "worker" || kind === "server") {
      const member = this.#member(kind);
      const workerPid = member.process.pid as number;
      await this.#databaseAnswers();
      const deployments = (await this.#running())
        .filter((row) => row.worker_pid === workerPid)
        .map(({ id }) => id);
      await this.#cluster.kill(member);
      return { deployments, workerPid };
    }
    for (let tries = 0; tries < 100; tries++) {
      // It may be on its way back from a kill of its own.
      await this.#databaseAnswers();
      for (const { id, runner_pid, project, stack } of await this.#running()) {
        const pid = kind === "runner" ? runner_pid : this.#engineOf(`${project}/${stack}`);
        if (pid && killed(pid)) return { deployments: [id] };
      }
      await wait(20);
    }
    return undefined;
  }

  async #bringBack(kind: KillKind): Promise<void> {
    if (kind === "server" || kind === "worker") await this.#cluster.add(kind);
  }

  async #databaseAnswers(): Promise<void> {
    const deadline = Date.now() + endMs;
    while (Date.now() < deadline) {
      const answers = await sql`SELECT 1`.execute(this.#database.db).then(
        () => true,
        () => false,
      );
      if (answers) return;
      await wait(50);
    }
  }

  /** The engine at work on a stack of this cluster. */
  #engineOf(stack: string): number | undefined {
    return processIds().find((pid) => {
      const words = readProc(pid, "cmdline").split("\0");
      const isEngine = words[0]?.endsWith("/pulumi") && words.includes(`roost/${stack}`);
      return isEngine && readProc(pid, "environ").includes(this.#cluster.folder);
    });
  }

  #member(kind: Member["kind"]): Member {
    const member = this.#cluster.members.find((each) => each.kind === kind);
    if (!member) throw new Error(`No ${kind} runs.`);
    return member;
  }

  async #running() {
    const { rows } = await sql<Running>`
      SELECT d.id, d.runner_pid, w.pid AS worker_pid, p.name AS project, s.name AS stack
      FROM deployment d JOIN worker w ON w.id = d.worker_id JOIN stack s ON s.id = d.stack_id
      JOIN project p ON p.id = s.project_id
      WHERE d.state = 'running'`.execute(this.#database.db);
    return rows;
  }

  /** How deployments that were under way went on: their attempts, and the time to the next start or the end. */
  async #touched(ids: string[], killedAt: number) {
    const { rows } = await sql<{ attempt: number; settledMs: string | null }>`
      SELECT d.attempt,
             (SELECT extract(epoch FROM min(e.at)) * 1000 - ${killedAt}::float8 FROM event e
              WHERE e.stream_id = d.id AND e.kind = 'state' AND e.at > to_timestamp(${killedAt}::float8 / 1000)
                AND e.data->>'state' <> 'queued') AS "settledMs"
      FROM deployment d WHERE d.id = ANY(${ids})`.execute(this.#database.db);
    return rows;
  }

  async #noticed(workerPid: number, killedAt: number): Promise<number | undefined> {
    const { rows } = await sql<{ ms: string }>`
      SELECT extract(epoch FROM stopped_at) * 1000 - ${killedAt}::float8 AS ms FROM worker
      WHERE pid = ${workerPid} ORDER BY started_at DESC LIMIT 1`.execute(this.#database.db);
    return rows[0]?.ms ? Number(rows[0].ms) : undefined;
  }

  async #violations(): Promise<string[]> {
    const { rows } = await sql<{ name: string }>`
      SELECT s.name FROM session_shard h JOIN stack s ON s.id = h.stack_id`.execute(this.#database.db);
    const shards = rows.map(({ name }) => name);
    return [...(await findViolations(this.#database.db)), ...leftovers(this.#cluster.folder, shards)];
  }
}

interface Running {
  id: string;
  runner_pid: number;
  worker_pid: number;
  project: string;
  stack: string;
}

/** One deployment's body: small updates, previews, refreshes and destroys; the last stack runs a real service. */
function work(random: () => number, stack: number): Record<string, unknown> {
  const operation = pick(random, ["update", "update", "update", "preview", "refresh", "destroy"]);
  if (stack === stacks - 1) {
    return { operation, program: { builtin: "hello" }, config: { message: `m${Math.floor(random() * 9)}` } };
  }
  const config = {
    count: 2 + Math.floor(random() * 6),
    delayMilliseconds: Math.floor(random() * 200),
    payload: String(random()),
  };
  return { operation, program: { builtin: "noop" }, config };
}

export function pick<T>(random: () => number, items: T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** Engines that still run although nothing is under way. Warm runners have none, but for shards of sessions. */
function leftovers(folder: string, shards: string[]): string[] {
  return processIds().flatMap((pid) => {
    const environment = readProc(pid, "environ");
    const isEngine = environment.includes(`${folder}/runners`) && environment.includes("PULUMI_BACKEND_URL=");
    if (!isEngine) return [];
    const words = readProc(pid, "cmdline").split("\0");
    return isAhead(words, shards) ? [] : [`process ${pid} is left: ${words.join(" ").slice(0, 200)}`];
  });
}

/** Whether an engine waits for the next update of a shard, and has the runner that it waits for. */
function isAhead(words: string[], shards: string[]): boolean {
  const stack = words[words.indexOf("--stack") + 1]?.split("/").at(-1);
  const port = words.flatMap((word) => /^--client=127\.0\.0\.1:(\d+)$/.exec(word)?.[1] ?? [])[0];
  return stack !== undefined && shards.includes(stack) && port !== undefined && isListened(Number(port));
}

/** By the kernel's table: the port is the second half of the local address, in hexadecimal; 0A: LISTEN. */
function isListened(port: number): boolean {
  const address = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "latin1").split("\n");
  return lines.some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local?.endsWith(address) && state === "0A";
  });
}

export function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

function killed(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** Mulberry32: small, seeded, good enough to choose moments. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
