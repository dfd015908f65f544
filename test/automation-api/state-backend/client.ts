import { gzipSync } from "node:zlib";
import type { JournalEntry } from "../../../automation-api/state-backend/journal.ts";
import type { StateServer } from "./state-server.ts";

export interface WireReply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every form.
  body: any;
}

/** Speaks the Pulumi protocol by hand, where the command would be slow or cannot be made to misbehave. */
export class Client {
  readonly url: string;
  readonly token: string;
  readonly path: string;

  constructor(server: Pick<StateServer, "url" | "adminToken">, path = "roost/proj/dev") {
    this.url = server.url;
    this.token = server.adminToken;
    this.path = `/api/stacks/${path}`;
  }

  async call(method: string, path: string, body?: unknown, authorization = `token ${this.token}`): Promise<WireReply> {
    const reply = await fetch(this.url + path, {
      method,
      headers: { authorization, "content-type": "application/json", "content-encoding": "gzip" },
      body: body === undefined ? undefined : gzipSync(typeof body === "string" ? body : JSON.stringify(body)),
    });
    const text = await reply.text();
    return { status: reply.status, body: text ? JSON.parse(text) : undefined };
  }

  get = (path = "") => this.call("GET", this.path + path);
  post = (path: string, body?: unknown) => this.call("POST", this.path + path, body);

  init(): Promise<WireReply> {
    const [, , , organization, project, stackName] = this.path.split("/");
    return this.call("POST", `/api/stacks/${organization}/${project}`, { stackName });
  }

  /** Creates and starts an update; throws when it is refused. */
  async begin(kind = "update", start: object = { journalVersion: 1 }): Promise<Update> {
    const created = await this.post(`/${kind}`, { options: {}, config: {}, metadata: {} });
    if (created.status !== 200) throw new Error(JSON.stringify(created));
    const id = created.body.updateID as string;
    const started = await this.post(`/update/${id}`, start);
    if (started.status !== 200) throw new Error(JSON.stringify(started));
    return new Update(this, id, started.body.token, started.body.version);
  }

  async exported(version?: number) {
    const reply = await this.get(version === undefined ? "/export" : `/export/${version}`);
    return reply.body;
  }

  async urns(): Promise<string[]> {
    const { deployment } = await this.exported();
    return (deployment?.resources ?? []).map((resource: { urn: string }) => resource.urn);
  }
}

export class Update {
  readonly client: Client;
  readonly id: string;
  readonly version: number;
  token: string;

  constructor(client: Client, id: string, token: string, version: number) {
    this.client = client;
    this.id = id;
    this.token = token;
    this.version = version;
  }

  call(method: string, path: string, body?: unknown): Promise<WireReply> {
    return this.client.call(method, `${this.client.path}/update/${this.id}/${path}`, body, `update-token ${this.token}`);
  }

  journal = (entries: Partial<JournalEntry>[]) => this.call("PATCH", "journalentries", { entries });
  checkpoint = (body: object) => this.call("PATCH", "checkpoint", body);
  events = (events: object[]) => this.call("POST", "events/batch", { events });
  renew = (duration = 300) => this.call("POST", "renew_lease", { token: "", duration });
  complete = (status = "succeeded") => this.call("POST", "complete", { status });
}

const urnOf = (type: string, name: string) => `urn:pulumi:dev::proj::${type}::${name}`;
export const stackUrn = urnOf("pulumi:pulumi:Stack", "proj-dev");
export const groupUrn = (name: string) => urnOf("test:index:Group", name);

/** Entries that create components below the stack, from a sequence on: begin and success of each. */
export function creates(names: string[], from = 1): Partial<JournalEntry>[] {
  const all = ["", ...names].map((name) =>
    name === ""
      ? { urn: stackUrn, type: "pulumi:pulumi:Stack", custom: false }
      : { urn: groupUrn(name), type: "test:index:Group", custom: false, parent: stackUrn },
  );
  return all.flatMap((state, position) => {
    const operationID = position + 1;
    const sequenceID = from + 2 * position;
    return [
      { version: 1, kind: 0, sequenceID, operationID, operation: { type: "creating" as const, resource: state } },
      { version: 1, kind: 1, sequenceID: sequenceID + 1, operationID, state },
    ];
  });
}
