import { rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import { newId } from "../../../automation-api/db/id.ts";
import type { Session } from "../../../automation-api/sessions/contract.ts";
import type { Template } from "../../../automation-api/templates/contract.ts";
import { openSessionTargets } from "../../../plugins/roost/index.ts";
import { pick } from "../chaos.ts";
import type { Client } from "../client.ts";
import type { Places } from "./inventory.ts";

/** Requests of one wave come within this time. */
const waveMilliseconds = 300;
/** New sessions in a wave, of one of the templates; a process costs more than a task of the stand-in. */
const starts = { "on-process": 3, "on-ecs": 6 };
export type TemplateName = keyof typeof starts;

/** A session that a user was told of. */
export interface Answer {
  id: string;
  user: string;
}

/** Users who come, stay and go, and what happens to sessions by itself. */
export class Traffic {
  readonly #client: Client;
  readonly #places: Places;
  /** Of users, at once, about; half of them on each target. */
  readonly #most: number;
  readonly #answers: Answer[] = [];
  #users = 0;

  constructor(client: Client, places: Places, most: number) {
    this.#client = client;
    this.#places = places;
    this.#most = most;
  }

  /**
   * One wave, at moments that `random` chooses; what a dead server does not answer is let be.
   * @param towards the function in whose way something is put, where that needs more than users. Default: any
   */
  async wave(random: () => number, template: TemplateName, towards?: string): Promise<void> {
    // While the database is away nobody is known.
    const live = shuffle(await this.#live(template).catch(() => []), random);
    const ending = live.splice(0, Math.max(3, live.length + starts[template] - this.#most / 2));
    // Of those that go one is idle or late, by the ledger's clock.
    const late = ending.splice(0, 2);
    const events = this.#events(random);
    const event = events[towards ?? ""] ?? pick(random, Object.values(events));
    const acts = [
      ...Array.from({ length: starts[template] }, () => () => this.#start(template)),
      ...ending.map((id) => () => this.#client.call("DELETE", `/api/v1/sessions/${id}`)),
      ...live.slice(0, 3).map((id) => () => this.#client.call("POST", `/api/v1/sessions/${id}/extend`, {})),
      () => this.#lapse(late),
      event,
    ];
    // What is put in the way is there before the users come.
    const moments = acts.map((act) => ({ act, at: act === event ? 0 : random() * waveMilliseconds }));
    await Promise.all(
      moments.map(async ({ act, at }) => {
        await wait(at);
        await act().catch(() => undefined);
      }),
    );
  }

  /** What happens beside users, by the functions that have to deal with it. */
  #events(random: () => number): Record<string, () => Promise<void>> {
    return {
      compare: () => this.#stray(),
      "#apply": () => this.#die(random),
      "#fail": () => this.#refuse(),
      "#endPool": () => this.#shrink(random),
      startSupervisor: () => this.#clearCache(),
      tasksOf: () => this.#lose(),
    };
  }

  /** A session that a user was told of is in the ledger, and is that user's, and nobody else's was. */
  async lost(): Promise<string[]> {
    const answers = this.#answers.splice(0);
    const { rows } = await sql<{ id: string; owner: string | null; claims: number }>`
      SELECT s.id, s.owner, count(a.id)::int AS claims
      FROM session s LEFT JOIN audit a ON a.object = s.id AND a.action = 'session.create'
      WHERE s.id = ANY(${answers.map(({ id }) => id)}::text[]) GROUP BY s.id`.execute(this.#places.database);
    const ledger = new Map(rows.map((row) => [row.id, row]));
    return answers.flatMap(({ id, user }) => {
      const row = ledger.get(id);
      if (row?.owner !== user) return [`${id} was given to ${user} and is ${row?.owner ?? "nobody"}'s`];
      return row.claims === 1 ? [] : [`${id} was claimed ${row.claims} times`];
    });
  }

  async #start(template: string): Promise<void> {
    const user = `user-${this.#users++}`;
    const { id } = await this.#client.call<Session>("POST", "/api/v1/sessions", {
      template,
      user,
      // Only a workload that is told of its user can fetch them.
      ...(template === "on-ecs" && { secrets: { KEY: user } }),
    });
    this.#answers.push({ id, user });
  }

  /** Time passes for some. */
  async #lapse(sessions: string[]): Promise<void> {
    await sql`
      UPDATE session SET expires_at = now() WHERE id = ANY(${sessions}::text[]) AND state = 'active'`.execute(
      this.#places.database,
    );
  }

  /** Runs although no ledger has heard of it. */
  async #stray(): Promise<void> {
    const id = newId("ses");
    const workload = { command: ["sleep", "600"], port: 8080, environment: {} };
    const intent = {
      id,
      urn: `urn:pulumi:s::p::roost:session:Session::${id}`,
      workload,
      secretEnvironment: {},
    };
    await openSessionTargets(this.#places.folder).process?.start(intent, AbortSignal.timeout(10_000));
  }

  /** The pools get smaller, or larger again. */
  async #shrink(random: () => number): Promise<void> {
    const { items } = await this.#client.call<{ items: Template[] }>("GET", "/api/v1/templates");
    for (const { id } of items) {
      const pool = { floor: 0, ceiling: Math.floor(random() * 4) };
      await this.#client.call("PATCH", `/api/v1/templates/${id}`, { pool });
    }
  }

  /** What was compiled ahead for supervisors is gone. */
  async #clearCache(): Promise<void> {
    await rm(path.join(this.#places.folder, "services", ".cache"), { recursive: true, force: true });
  }

  /** A task ends by itself: one that runs, or the newest, which is being started. */
  async #die(random: () => number): Promise<void> {
    const running = this.#places.ecs.running();
    if (running.length > 0)
      this.#places.ecs.end(pick(random, [...running.slice(-1), pick(random, running)]).arn, 1);
  }

  /** There is no room for one of the next tasks. */
  async #refuse(): Promise<void> {
    this.#places.ecs.refuse = 1;
  }

  /** What starts tasks is carried out, and nobody hears of it. */
  async #lose(): Promise<void> {
    this.#places.ecs.lost.set("RunTask", 1);
  }

  async #live(template: TemplateName): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`
      SELECT s.id FROM session s JOIN template t ON t.id = s.template_id
      WHERE t.name = ${template} AND s.owner IS NOT NULL AND s.state IN ('requested', 'starting', 'active')
      ORDER BY s.id`.execute(this.#places.database);
    return rows.map(({ id }) => id);
  }
}

function shuffle<T>(items: T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
