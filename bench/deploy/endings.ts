import { sql } from "kysely";
import type pg from "pg";
import type { Database } from "../../automation-api/db/pool.ts";

/** A notice may be missed when the connection breaks. */
const pollMilliseconds = 1_000;

/**
 * Tells when deployments have ended, at the moment of the commit and without asking the server: each
 * ending sends a notice, since it may let the stack's next deployment start.
 */
export class Endings {
  readonly #database: Database;
  readonly #client: pg.Client;
  readonly #looks = new Map<string, (at: number) => void>();

  private constructor(database: Database, client: pg.Client) {
    this.#database = database;
    this.#client = client;
    client.on("notification", ({ payload }) => this.#looks.get(payload ?? "")?.(performance.now()));
  }

  static async open(database: Database): Promise<Endings> {
    const client = await database.connect();
    await client.query("LISTEN roost_deployment_queued");
    return new Endings(database, client);
  }

  /**
   * When the deployment ended, by `performance.now()`.
   * @throws when it did not succeed, or not within `limitMs`.
   */
  of(id: string, limitMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const look = async (at: number) => {
        const { rows } = await sql<{ state: string; error: string | null }>`
          SELECT state, error FROM deployment WHERE id = ${id} AND ended_at IS NOT NULL`.execute(
          this.#database.db,
        );
        const ended = rows[0];
        if (!ended) return;
        stop();
        if (ended.state === "succeeded") resolve(at);
        else reject(new Error(`${id} ${ended.state}: ${ended.error}`));
      };
      const fail = (error: Error) => {
        stop();
        reject(error);
      };
      const tryLook = (at: number) => void look(at).catch(fail);
      const poll = setInterval(() => tryLook(performance.now()), pollMilliseconds);
      const limit = setTimeout(() => fail(new Error(`${id} has not ended within ${limitMs} ms`)), limitMs);
      const stop = () => {
        this.#looks.delete(id);
        clearInterval(poll);
        clearTimeout(limit);
      };
      this.#looks.set(id, tryLook);
      tryLook(performance.now());
    });
  }

  /**
   * Medians of where a stack's last deployments spent their time, in ms: until a worker took it, until its engine named
   * the update, until the update was complete, until the row said so.
   */
  async phases(stack: string, last: number): Promise<Record<string, number>> {
    const { rows } = await sql<Record<string, number>>`
      WITH spent AS (
        SELECT d.started_at - d.created_at AS claim, u.created_at - d.started_at AS start,
               u.ended_at - u.created_at AS update, d.ended_at - u.ended_at AS finish
        FROM deployment d JOIN stack s ON s.id = d.stack_id JOIN stack_update u ON u.id = d.update_id
        WHERE s.name = ${stack} ORDER BY d.sequence DESC LIMIT ${last})
      SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM claim) * 1000) AS claim,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM start) * 1000) AS start,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM update) * 1000) AS update,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finish) * 1000) AS finish
      FROM spent`.execute(this.#database.db);
    return rows[0] ?? {};
  }

  async close(): Promise<void> {
    await this.#client.end();
    await this.#database.close();
  }
}
