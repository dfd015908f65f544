import { gzipSync } from "node:zlib";
import type { JournalEntry } from "../../../automation-api/state-backend/journal.ts";

export interface WireReply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every form.
  body: any;
}

/** Speaks the Pulumi protocol by hand, where the command would be slow or cannot be made to misbehave. */
export class Client {
  readonly url: string;
  readonly token: string;
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  readonly path: string;

  constructor(server: { url: string; adminToken: string }, path: string, token = server.adminToken) {
    this.url = server.url;
    this.token = token;
    this.path = `/api/stacks/${path}`;
    [this.organization = "", this.project = "", this.stack = ""] = path.split("/");
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    authorization = `token ${this.token}`,
  ): Promise<WireReply> {
    const encoding = body === undefined ? undefined : { "content-encoding": "gzip" };
    const reply = await fetch(this.url + path, {
      method,
      headers: { authorization, "content-type": "application/json", ...encoding },
      body: body === undefined ? undefined : gzipSync(typeof body === "string" ? body : JSON.stringify(body)),
    });
    const text = await reply.text();
    return { status: reply.status, ...(text ? { body: JSON.parse(text) } : { body: undefined }) };
  }

  get = (path = "") => this.call("GET", this.path + path);
  post = (path: string, body?: unknown) => this.call("POST", this.path + path, body);

  init(given: object = {}): Promise<WireReply> {
    const path = `/api/stacks/${this.organization}/${this.project}`;
    return this.call("POST", path, { stackName: this.stack, ...given });
  }

  async create(kind = "update"): Promise<string> {
    const created = await this.post(`/${kind}`, { options: {}, config: {}, metadata: {} });
    if (created.status !== 200) throw new Error(JSON.stringify(created));
    return created.body.updateID;
  }

  /** Creates and starts an update; throws when it is refused. */
  async begin(kind = "update", start: object = { journalVersion: 1 }): Promise<Update> {
    const id = await this.create(kind);
    const started = await this.post(`/update/${id}`, start);
    if (started.status !== 200) throw new Error(JSON.stringify(started));
    return new Update(this, id, started.body.token, started.body.version);
  }

  async exported(version?: number) {
    const reply = await this.get(version === undefined ? "/export" : `/export/${version}`);
    return reply.body;
  }

  async urns(version?: number): Promise<string[]> {
    const { deployment } = await this.exported(version);
    return (deployment?.resources ?? []).map((resource: { urn: string }) => resource.urn);
  }

  get stackUrn(): string {
    return `urn:pulumi:${this.stack}::${this.project}::pulumi:pulumi:Stack::${this.project}-${this.stack}`;
  }

  groupUrn(name: string): string {
    return `urn:pulumi:${this.stack}::${this.project}::test:index:Group::${name}`;
  }

  /** The stack itself, and components below it. */
  resources(names: string[]) {
    return [
      { urn: this.stackUrn, type: "pulumi:pulumi:Stack", custom: false },
      ...names.map((name) => ({
        urn: this.groupUrn(name),
        type: "test:index:Group",
        custom: false,
        parent: this.stackUrn,
      })),
    ];
  }

  /** The journal that creates them: begin and success of each. */
  creates(names: string[], from = 1): Partial<JournalEntry>[] {
    return this.resources(names).flatMap((state, position) => {
      const operationID = position + 1;
      const sequenceID = from + 2 * position;
      return [
        {
          version: 1,
          kind: 0,
          sequenceID,
          operationID,
          operation: { type: "creating" as const, resource: state },
        },
        { version: 1, kind: 1, sequenceID: sequenceID + 1, operationID, state },
      ];
    });
  }

  /** The journal of an update that changes nothing in a stack of `count` resources: each is the same. */
  sames(names: string[]): Partial<JournalEntry>[] {
    return this.resources(names).flatMap((state, position) => {
      const operationID = position + 1;
      const sequenceID = 1 + 2 * position;
      return [
        { version: 1, kind: 0, sequenceID, operationID },
        { version: 1, kind: 1, sequenceID: sequenceID + 1, operationID, state, removeOld: position },
      ];
    });
  }

  /** A whole state with these components. */
  state(names: string[]) {
    return {
      version: 3,
      deployment: {
        manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" },
        resources: this.resources(names),
        metadata: {},
      },
    };
  }
}

export class Update {
  readonly client: Client;
  readonly id: string;
  readonly version: number;
  readonly token: string;

  constructor(client: Client, id: string, token: string, version: number) {
    this.client = client;
    this.id = id;
    this.token = token;
    this.version = version;
  }

  call(method: string, path: string, body?: unknown): Promise<WireReply> {
    const authorization = `update-token ${this.token}`;
    return this.client.call(method, `${this.client.path}/update/${this.id}/${path}`, body, authorization);
  }

  journal(entries: Partial<JournalEntry>[]): Promise<WireReply> {
    return this.call("PATCH", "journalentries", { entries });
  }

  checkpoint(body: object): Promise<WireReply> {
    return this.call("PATCH", "checkpoint", body);
  }

  events(events: object[]): Promise<WireReply> {
    return this.call("POST", "events/batch", { events });
  }

  renew(duration = 300): Promise<WireReply> {
    return this.call("POST", "renew_lease", { token: "", duration });
  }

  complete(status = "succeeded"): Promise<WireReply> {
    return this.call("POST", "complete", { status });
  }
}
