import type { HostAction } from "../../automation-api/host-actions/contract.ts";
import type { Host } from "../../automation-api/hosts/contract.ts";
import { Client } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "./database.ts";
import type { TestHost, TestSshd } from "./test-host.ts";

/** A server over a database of its own, and test hosts that are in its inventory. */
export class HostLab {
  readonly database: TestDatabase;
  readonly cluster: Cluster;
  readonly client: Client;
  readonly #hosts: TestHost[] = [];

  private constructor(database: TestDatabase, cluster: Cluster, client: Client) {
    this.database = database;
    this.cluster = cluster;
    this.client = client;
  }

  static async open(): Promise<HostLab> {
    const database = await testDatabase();
    const cluster = await Cluster.open({ DATABASE_URL: databaseUrl(database.connection) });
    await cluster.add("server");
    return new HostLab(database, cluster, new Client(() => cluster.url, await cluster.token()));
  }

  /** Starts the host's OpenSSH server, and adds it with its key as it is; from now on it ends with this. */
  async add(
    name: string,
    host: TestHost,
    options: Parameters<TestHost["startSshd"]>[0] = {},
  ): Promise<TestSshd & { id: string }> {
    this.#hosts.push(host);
    const sshd = await host.startSshd(options);
    const key = { name, kind: "ssh", privateKey: sshd.privateKey };
    const { id: credential } = await this.client.call<{ id: string }>("POST", "/api/v1/credentials", key);
    const place = { address: "127.0.0.1", port: sshd.port, user: "root", hostKey: sshd.hostKey };
    const { id } = await this.client.call<Host>("POST", "/api/v1/hosts", { name, ...place, credential });
    return { ...sshd, id };
  }

  /** What the command line needs to reach this server. */
  async environment(): Promise<Record<string, string>> {
    return { ROOST_URL: this.cluster.url, ROOST_TOKEN: await this.cluster.token() };
  }

  show(id: string): Promise<HostAction> {
    return this.client.call<HostAction>("GET", `/api/v1/host-actions/${id}`);
  }

  /** @returns the action, once what was queued for it has ended, well or not. */
  async ended(
    { id }: { id: string },
    of: "deployment" | "confirmation" | "undo" = "deployment",
  ): Promise<HostAction> {
    const { [of]: queued } = await this.show(id);
    await this.client.ended(queued?.id ?? "", 120_000);
    return this.show(id);
  }

  async rollback({ id }: { id: string }, onChange = "stop"): Promise<HostAction> {
    await this.client.call("POST", `/api/v1/host-actions/${id}/rollback`, { onChange });
    return this.ended({ id }, "undo");
  }

  async close(): Promise<void> {
    await this.cluster.close();
    await this.database.close();
    for (const host of this.#hosts) await host.close();
  }
}
