import { readFileSync } from "node:fs";
import type { HostAction } from "../../automation-api/host-actions/contract.ts";
import type { Preview } from "../../automation-api/resets/contract.ts";
import { HostLab } from "./host-lab.ts";
import { until } from "./processes.ts";
import { differences, TestHost } from "./test-host.ts";

export const killVictims = ["the script", "the connection", "the provider", "the control plane"] as const;
export type KillVictim = (typeof killVictims)[number];
/** States of a journal, as one reset of one step reaches them where a service is stopped for it. */
export const killStates = {
  apply: ["planned", "quiesced", "snapshotted", "executing 1/1", "committed"],
  rollback: ["undoing", "undone"],
} as const;

/** A booted host of which a package with a service is taken away and put back, while what asked for it is killed at states of its choice. */
export class HostKills {
  readonly #lab: HostLab;
  readonly #host: TestHost;
  readonly #before: string[];
  #last: Preview | undefined;

  private constructor(lab: HostLab, host: TestHost, before: string[]) {
    this.#lab = lab;
    this.#host = host;
    this.#before = before;
  }

  static async open(): Promise<HostKills> {
    const host = await TestHost.create();
    await host.install("cron");
    // By which the host's `sync` waits where /run/waits-at says.
    await host.do(readFileSync(new URL("../host-provisioning/undo/prepare.sh", import.meta.url), "utf8"));
    const lab = await HostLab.open();
    await host.boot();
    await lab.add("one", host);
    return new HostKills(lab, host, await stateOf(host));
  }

  /** @param victim null: nothing is killed */
  async apply(victim: KillVictim | null, state = "") {
    const id = await this.#plan();
    if (victim === null) await this.#lab.client.ended((await this.#execute()).deployment?.id ?? "", 120_000);
    else await this.#killAt(victim, state, () => this.#execute());
    const journal = await this.#host.do(`cat /var/lib/roost/undo/${id}/journal`);
    const states = journal.trim().split("\n");
    const on = states.at(-1);
    const found = on === "undone" ? differences(this.#before, await stateOf(this.#host)) : [];
    return { state: (await this.#show()).state, on, states, differences: found };
  }

  async rollback(victim: KillVictim, state: string) {
    await this.#killAt(victim, state, () =>
      this.#lab.client.call<HostAction>("POST", `/api/v1/host-actions/${this.#last?.id}/rollback`, {}),
    );
    const found = differences(this.#before, await stateOf(this.#host));
    return { state: (await this.#show()).state, differences: found };
  }

  /** Asks for the end of one that waits at a state. @returns what is other on the host once that is done. */
  async cancel(state: string) {
    await this.#plan();
    const id = await this.#reach(state, () => this.#execute());
    await this.#lab.client.call("POST", `/api/v1/deployments/${id}/cancel`);
    const ended = await this.#lab.client.ended(id, 120_000);
    const journal = `/var/lib/roost/undo/${this.#last?.id}/journal`;
    const isBack = async () => (await this.#host.do(`tail -n 1 ${journal}`)) === "undone\n";
    await until("everything is put back", isBack, 60);
    await this.#host.do("rm -f /run/waits-at");
    return { state: ended.state, differences: differences(this.#before, await stateOf(this.#host)) };
  }

  async close(): Promise<void> {
    await this.#lab.close();
  }

  async #plan(): Promise<string> {
    const workflow = [{ kind: "packages", names: ["cron"] }];
    this.#last = await this.#lab.client.call<Preview>("POST", "/api/v1/reset/custom", {
      host: "one",
      workflow,
    });
    return this.#last.id;
  }

  #execute(): Promise<HostAction> {
    const { id, planHash } = this.#last as Preview;
    return this.#lab.client.call<HostAction>("POST", `/api/v1/host-actions/${id}/execute`, { planHash });
  }

  #show(): Promise<HostAction> {
    return this.#lab.show(this.#last?.id ?? "");
  }

  /** Begins, waits until the host is at the state and stays there, kills, lets the host go on, and awaits the end. */
  async #killAt(victim: KillVictim, state: string, begin: () => Promise<HostAction>): Promise<void> {
    const id = await this.#reach(state, begin);
    await this.#kill(victim, id);
    await this.#host.do("rm -f /run/waits-at; touch /run/go");
    const ended = await this.#lab.client.ended(id, 120_000);
    // A script that was interrupted puts everything back, or is done: both are an end.
    if (ended.state !== "succeeded" && victim !== "the script")
      throw new Error(`${victim} at ${state}: ${ended.state}: ${ended.error}`);
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
    if (victim === "the script")
      await this.#host.do("cd /run/roost-jobs && kill -9 $(cat $(ls -t | head -n 1)/pid)");
    else if (victim === "the connection") await this.#host.do("kill -9 $(pgrep -f 'sshd: root@')");
    else if (victim === "the provider") {
      const { runner_pid: pid } = await this.#lab.database.db
        .selectFrom("deployment")
        .select("runner_pid")
        .where("id", "=", deployment)
        .executeTakeFirstOrThrow();
      process.kill(pid as number, "SIGKILL");
    } else {
      const [server] = this.#lab.cluster.members;
      if (server) await this.#lab.cluster.kill(server);
      await this.#lab.cluster.add("server");
    }
  }
}

/** Files but for those that services write by themselves, and the folders above them. */
async function stateOf(host: TestHost): Promise<string[]> {
  return (await host.state()).filter((line) => /^\.\/(etc|usr|var\/(lib\/dpkg|spool))\//.test(line));
}
