import { readFileSync } from "node:fs";
import type { HostAction } from "../../automation-api/host-actions/contract.ts";
import type { Preview } from "../../automation-api/resets/contract.ts";
import { Client } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "./database.ts";
import { until } from "./processes.ts";
import { differences, TestHost } from "./test-host.ts";

export const killVictims = ["the connection", "the provider", "the control plane"] as const;
export type KillVictim = (typeof killVictims)[number];
/** States of a journal, as one reset of one step reaches them. */
export const killStates = {
  apply: ["planned", "snapshotted", "executing 1/1", "committed"],
  rollback: ["undoing", "undone"],
} as const;

/** A host of which a package is taken away and put back, while what asked for it is killed at states of its choice. */
export class HostKills {
  readonly #database: TestDatabase;
  readonly #cluster: Cluster;
  readonly #client: Client;
  readonly #host: TestHost;
  readonly #before: string[];
  #last: Preview | undefined;

  private constructor(
    database: TestDatabase,
    cluster: Cluster,
    client: Client,
    host: TestHost,
    before: string[],
  ) {
    this.#database = database;
    this.#cluster = cluster;
    this.#client = client;
    this.#host = host;
    this.#before = before;
  }

  static async open(): Promise<HostKills> {
    const host = await TestHost.create();
    await host.install("tmux");
    // By which the host's `sync` waits where /run/waits-at says.
    await host.do(readFileSync(new URL("../host-provisioning/undo/prepare.sh", import.meta.url), "utf8"));
    const { port, hostKey, privateKey } = await host.startSshd();
    const before = await host.state();
    const database = await testDatabase();
    const cluster = await Cluster.open({ DATABASE_URL: databaseUrl(database.connection) });
    await cluster.add("server");
    const client = new Client(() => cluster.url, await cluster.token());
    const key = { name: "root", kind: "ssh", privateKey };
    const { id: credential } = await client.call<{ id: string }>("POST", "/api/v1/credentials", key);
    const place = { address: "127.0.0.1", port, user: "root", hostKey };
    await client.call("POST", "/api/v1/hosts", { name: "one", ...place, credential });
    return new HostKills(database, cluster, client, host, before);
  }

  async apply(victim: KillVictim, state: string) {
    const id = await this.#plan();
    await this.#killAt(victim, state, () => this.#execute());
    const journal = await this.#host.do(`cat /var/lib/roost/undo/${id}/journal`);
    const states = journal.trim().split("\n");
    return { state: (await this.#show()).state, on: states.at(-1), states };
  }

  async rollback(victim: KillVictim, state: string) {
    await this.#killAt(victim, state, () =>
      this.#client.call<HostAction>("POST", `/api/v1/host-actions/${this.#last?.id}/rollback`, {}),
    );
    const found = differences(this.#before, await this.#host.state());
    return { state: (await this.#show()).state, differences: found };
  }

  /** Asks for the end of one that waits at a state. @returns what is other on the host once that is done. */
  async cancel(state: string) {
    await this.#plan();
    const id = await this.#reach(state, () => this.#execute());
    await this.#client.call("POST", `/api/v1/deployments/${id}/cancel`);
    const ended = await this.#client.ended(id, 120_000);
    const journal = `/var/lib/roost/undo/${this.#last?.id}/journal`;
    const isBack = async () => (await this.#host.do(`tail -n 1 ${journal}`)) === "undone\n";
    await until("everything is put back", isBack, 60);
    await this.#host.do("rm -f /run/waits-at");
    return { state: ended.state, differences: differences(this.#before, await this.#host.state()) };
  }

  async close(): Promise<void> {
    await this.#cluster.close();
    await this.#database.close();
    await this.#host.close();
  }

  async #plan(): Promise<string> {
    const workflow = [{ kind: "packages", names: ["tmux"] }];
    this.#last = await this.#client.call<Preview>("POST", "/api/v1/reset/custom", { host: "one", workflow });
    return this.#last.id;
  }

  #execute(): Promise<HostAction> {
    const { id, planHash } = this.#last as Preview;
    return this.#client.call<HostAction>("POST", `/api/v1/host-actions/${id}/execute`, { planHash });
  }

  #show(): Promise<HostAction> {
    return this.#client.call<HostAction>("GET", `/api/v1/host-actions/${this.#last?.id}`);
  }

  /** Begins, waits until the host is at the state and stays there, kills, lets the host go on, and awaits the end. */
  async #killAt(victim: KillVictim, state: string, begin: () => Promise<HostAction>): Promise<void> {
    const id = await this.#reach(state, begin);
    await this.#kill(victim, id);
    await this.#host.do("rm -f /run/waits-at; touch /run/go");
    const ended = await this.#client.ended(id, 120_000);
    if (ended.state !== "succeeded") throw new Error(`${victim} at ${state}: ${ended.state}: ${ended.error}`);
  }

  /** @returns the id of the deployment, whose job waits at the state. */
  async #reach(state: string, begin: () => Promise<HostAction>): Promise<string> {
    await this.#host.do(`rm -f /run/waits /run/go; printf '%s' '${state}' >/run/waits-at`);
    const { deployment, undo } = await begin();
    const isThere = async () => (await this.#host.run("ls /run/waits")).code === 0;
    await until(`the host is at ${state}`, isThere, 60);
    return (undo ?? deployment)?.id as string;
  }

  async #kill(victim: KillVictim, deployment: string): Promise<void> {
    if (victim === "the connection") await this.#host.do("kill -9 $(pgrep -f 'sshd: root@')");
    else if (victim === "the provider") {
      const { runner_pid: pid } = await this.#database.db
        .selectFrom("deployment")
        .select("runner_pid")
        .where("id", "=", deployment)
        .executeTakeFirstOrThrow();
      process.kill(pid as number, "SIGKILL");
    } else {
      const [server] = this.#cluster.members;
      if (server) await this.#cluster.kill(server);
      await this.#cluster.add("server");
    }
  }
}
