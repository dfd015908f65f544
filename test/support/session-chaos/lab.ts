import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ChaosLab, generator } from "../chaos.ts";
import { EcsStandIn } from "../ecs-stand-in/stand-in.ts";
import { instrumentedSources } from "./find-points.ts";
import { differences, type Places } from "./inventory.ts";
import { killsOf, type PlannedKill } from "./order.ts";
import { Switchboard } from "./switchboard.ts";
import { Traffic } from "./traffic.ts";
import { startWorkload, templates } from "./workload.ts";

export interface Kill extends PlannedKill {
  /** False when nobody came to the point in time, or there was nothing of the kind to kill then. */
  hit: boolean;
}

export interface SessionRound {
  seed: number;
  kills: Kill[];
  /** From the last kill to targets, ledger, stacks and processes being the same set. */
  convergeMs: number;
  /** What was still to wait for, every five seconds. */
  slow: string[];
  violations: string[];
}

export interface SessionChaosOptions {
  /** Sessions of users at once, about. */
  sessions: number;
  /** Kills in each round, between two looks at what is left. */
  kills: number;
  env?: Record<string, string>;
}

/** Far above the goal, which the bench judges: a busy machine is slow, and only what never converges is wrong. */
const convergeMilliseconds = 180_000;
/** For somebody to come to a kill point; then there is another wave of users. */
const patienceMilliseconds = 6_000;
const waves = 3;
const entry = fileURLToPath(new URL("./process.ts", import.meta.url));

/**
 * Users come and go while something is killed with -9 when a process is at a kill point; afterwards nothing may be left
 * over, or missing. Sessions are processes of this machine, and tasks of a stand-in for ECS.
 */
export class SessionChaos {
  readonly #lab: ChaosLab;
  readonly #board: Switchboard;
  readonly #places: Places;
  readonly #traffic: Traffic;
  readonly #kills: number;
  readonly #ends: (() => Promise<void>)[];

  private constructor(given: {
    lab: ChaosLab;
    board: Switchboard;
    ecs: EcsStandIn;
    options: SessionChaosOptions;
    ends: (() => Promise<void>)[];
  }) {
    const { lab, board, ecs, options, ends } = given;
    this.#lab = lab;
    this.#kills = options.kills;
    this.#board = board;
    this.#ends = ends;
    this.#places = { database: lab.database, folder: lab.folder, ecs };
    this.#traffic = new Traffic(lab.client, this.#places, options.sessions);
  }

  static async open(options: SessionChaosOptions): Promise<SessionChaos> {
    const ends: (() => Promise<void>)[] = [];
    try {
      const board = await Switchboard.open();
      ends.push(() => board.close());
      const ecs = await EcsStandIn.start({
        startSeconds: () => 0.2 + Math.random(),
        keepSeconds: 60,
      });
      ends.push(() => ecs.close());
      const folder = await mkdtemp(path.join(tmpdir(), "roost-kill-points-"));
      ends.push(() => rm(folder, { recursive: true, force: true }));
      const sources = path.join(folder, "sources.json");
      await writeFile(sources, JSON.stringify(instrumentedSources()));
      const points = { KILL_POINTS: sources, KILL_POINTS_PORT: String(board.port) };
      const aws = {
        ROOST_ECS_CLUSTER: ecs.cluster,
        // So few that some calls wait for their launches.
        ROOST_ECS_LAUNCH_BURST: "4",
        ROOST_ECS_LAUNCHES_PER_SECOND: "2",
        AWS_ENDPOINT_URL: ecs.url,
        AWS_ACCESS_KEY_ID: "chaos",
        AWS_SECRET_ACCESS_KEY: "chaos",
      };
      const lab = await ChaosLab.open({ ...points, ...aws, ...options.env }, entry);
      ends.push(() => lab.close());
      const workload = await startWorkload(lab.client);
      ends.push(() => workload.close());
      for (const body of templates(workload.port, ecs.cluster)) {
        await lab.client.call("POST", "/api/v1/templates", body);
      }
      return new SessionChaos({ lab, board, ecs, options, ends });
    } catch (error) {
      await endAll(ends);
      throw error;
    }
  }

  close(): Promise<void> {
    return endAll(this.#ends);
  }

  verifyAudit(): Promise<{ ok: boolean }> {
    return this.#lab.verifyAudit();
  }

  async round(seed: number): Promise<SessionRound> {
    const random = generator(seed);
    const kills: Kill[] = [];
    let since = performance.now();
    for (const kill of killsOf(seed, this.#kills)) {
      const killedAt = await this.#strike(kill, random);
      kills.push({ ...kill, hit: killedAt !== undefined });
      since = killedAt ?? since;
    }
    const slow: string[] = [];
    const left = await this.#converge(slow);
    const convergeMs = performance.now() - since;
    const violations = [...left, ...(await this.#traffic.lost()), ...(await this.#lab.faults())];
    return { seed, kills, convergeMs, slow, violations };
  }

  /** Waves of users until somebody is at the point, and then the kill. @returns when that was */
  async #strike(
    { point, name, moment, kind, isApi, template }: PlannedKill,
    random: () => number,
  ): Promise<number | undefined> {
    const own = kind === "server" || kind === "worker" ? [this.#lab.processOf(kind)] : null;
    for (let number = 0; number < waves; number++) {
      const wave = this.#traffic.wave(random, template, name);
      const who = number === 0 && !isApi ? own : null;
      const isThere = await this.#board.arm({ point, moment }, who, patienceMilliseconds);
      let killedAt = 0;
      const onKilled = () => {
        killedAt = performance.now();
        this.#board.disarm();
      };
      const hit = isThere && (await this.#lab.strike(kind, onKilled));
      this.#board.disarm();
      await wave;
      if (hit) return killedAt;
    }
    return undefined;
  }

  /** What is still wrong when the time is over: nothing. */
  async #converge(slow: string[]): Promise<string[]> {
    const began = performance.now();
    const deadline = began + convergeMilliseconds;
    let wrong: string[] = [];
    do {
      wrong = await differences(this.#places).catch((error: Error) => [error.message]);
      if (wrong.length === 0) return [];
      const seconds = Math.floor((performance.now() - began) / 1000);
      if (seconds >= 5 * (slow.length + 1))
        slow.push(`after ${seconds} s: ${wrong.length} differ, ${wrong.slice(0, 3).join(", ")}`);
      await wait(100);
    } while (performance.now() < deadline);
    return wrong;
  }
}

/** In the reverse order of their beginnings. */
async function endAll(ends: (() => Promise<void>)[]): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}
