import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import type { Session } from "../../automation-api/sessions/contract.ts";
import type { Template } from "../../automation-api/templates/contract.ts";
import { openSessionTargets } from "../../plugins/roost/index.ts";
import { ChaosLab, generator, type KillKind, killKinds, pick, readProc } from "./chaos.ts";
import { processIds } from "./invariants.ts";

export interface SessionRound {
  seed: number;
  kind: KillKind;
  /** False when there was nothing of that kind to kill in time. */
  hit: boolean;
  /** From the look for what to kill to target, ledger and stacks being the same set. */
  convergeMs: number;
  violations: string[];
}

export interface SessionChaosOptions {
  /** Sessions of users that are asked for in a round; as many may be running from rounds before. */
  sessions: number;
  env?: Record<string, string>;
}

/** Far above the goal, which the bench judges: a busy machine is slow, and only what never converges is wrong. */
const convergeMilliseconds = 180_000;
/** Answers on its port, and nothing else: what is tested is not the workload. */
const program = {
  name: "server.mjs",
  text: 'import http from "node:http";\nhttp.createServer((_, reply) => reply.end("here")).listen(Number(process.env.PORT), process.env.HOST);\n',
};

/** Users come and go while something is killed with -9; afterwards nothing may be left over, or missing. */
export class SessionChaos {
  readonly #lab: ChaosLab;
  readonly #options: SessionChaosOptions;

  private constructor(lab: ChaosLab, options: SessionChaosOptions) {
    this.#lab = lab;
    this.#options = options;
  }

  static async open(options: SessionChaosOptions): Promise<SessionChaos> {
    const lab = await ChaosLab.open(options.env);
    await lab.client.call<Template>("POST", "/api/v1/templates", {
      name: "desk",
      workload: { program },
      pool: { floor: 2 },
      quotas: { perUser: 1_000 },
    });
    return new SessionChaos(lab, options);
  }

  close(): Promise<void> {
    return this.#lab.close();
  }

  verifyAudit(): Promise<{ ok: boolean }> {
    return this.#lab.verifyAudit();
  }

  async round(seed: number): Promise<SessionRound> {
    const random = generator(seed);
    const kind = pick(random, [...killKinds]);
    const users = this.#users(random);
    await wait(random() * 3_000);
    const killedAt = performance.now();
    const hit = await this.#lab.strike(kind);
    const answered = await users;
    const left = await this.#converge();
    return {
      seed,
      kind,
      hit,
      convergeMs: performance.now() - killedAt,
      violations: [...left, ...(await this.#lost(answered)), ...(await this.#lab.faults())],
    };
  }

  /** Starts, extensions and ends at moments that the seed chooses; what a dead server does not answer is let be. */
  async #users(random: () => number): Promise<Session[]> {
    const { client } = this.#lab;
    const moments = Array.from({ length: this.#options.sessions }, () => ({
      at: random() * 3_000,
      dice: random(),
    }));
    const before = await this.#live();
    const answered = await Promise.all(
      moments.map(async ({ at, dice }, index) => {
        await wait(at);
        const old = before[index];
        try {
          if (old && dice < 0.7) await client.call("DELETE", `/api/v1/sessions/${old}`);
          else if (old && dice < 0.8) await client.call("POST", `/api/v1/sessions/${old}/extend`, {});
          return await client.call<Session>("POST", "/api/v1/sessions", {
            template: "desk",
            user: `user-${index}`,
          });
        } catch {
          return undefined;
        }
      }),
    );
    return answered.filter((each) => each !== undefined);
  }

  async #live(): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM session WHERE owner IS NOT NULL AND state IN ('starting', 'active') ORDER BY id`.execute(
      this.#lab.database,
    );
    return rows.map(({ id }) => id);
  }

  /** What is still wrong when the time is over: nothing. */
  async #converge(): Promise<string[]> {
    const deadline = performance.now() + convergeMilliseconds;
    let wrong: string[] = [];
    do {
      wrong = await this.#differences().catch((error: Error) => [error.message]);
      if (wrong.length === 0) return [];
      await wait(100);
    } while (performance.now() < deadline);
    return wrong;
  }

  /** Ledger, target, state and processes as sets. */
  async #differences(): Promise<string[]> {
    const { database, folder } = this.#lab;
    const { rows } = await sql<{ id: string; state: string }>`
      SELECT id, state FROM session WHERE state NOT IN ('stopped', 'failed')`.execute(database);
    const unsettled = rows.filter(({ state }) => state !== "warm" && state !== "active");
    const ledger = rows.map(({ id }) => id);
    const held = await sql<{ name: string }>`
      SELECT name FROM stack_resource WHERE type = 'roost:session:Session'`.execute(database);
    const target = await openSessionTargets(folder).process?.list();
    const open = await sql`SELECT id FROM deployment WHERE state IN ('queued', 'running')`.execute(database);
    return [
      ...unsettled.map(({ id, state }) => `${id} is ${state}`),
      ...open.rows.map(() => "a deployment is not over"),
      ...differ(
        "stacks",
        ledger,
        held.rows.map(({ name }) => name),
      ),
      ...differ(
        "the target",
        ledger,
        (target ?? []).map(({ id }) => id),
      ),
      ...differ("processes", ledger, runningSessions(folder)),
    ];
  }

  /** A session that a user was told of is in the ledger, and is that user's. */
  async #lost(answered: Session[]): Promise<string[]> {
    const { rows } = await sql<{ id: string; owner: string | null }>`
      SELECT id, owner FROM session WHERE id = ANY(${answered.map(({ id }) => id)}::text[])`.execute(
      this.#lab.database,
    );
    const owners = new Map(rows.map(({ id, owner }) => [id, owner]));
    const ids = answered.map(({ id }) => id);
    return [
      ...answered
        .filter(({ id, user }) => owners.get(id) !== user)
        .map(({ id, user }) => `${id} was given to ${user} and is ${owners.get(id) ?? "nobody"}'s`),
      ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} was given twice`),
    ];
  }
}

function differ(what: string, ledger: string[], there: string[]): string[] {
  const [wanted, found] = [new Set(ledger), new Set(there)];
  return [
    ...[...wanted].filter((id) => !found.has(id)).map((id) => `${what}: ${id} is missing`),
    ...[...found].filter((id) => !wanted.has(id)).map((id) => `${what}: ${id} is left over`),
  ];
}

/** Sessions of this folder that have a process, by what each is started with. */
function runningSessions(folder: string): string[] {
  const found = processIds().flatMap((pid) => {
    const environment = readProc(pid, "environ").split("\0");
    const id = environment.find((each) => each.startsWith("SESSION_ID="))?.slice("SESSION_ID=".length);
    const isOurs = environment.some((each) => each.startsWith("HOME=") && each.includes(folder));
    return id !== undefined && isOurs ? [id] : [];
  });
  return [...new Set(found)];
}
