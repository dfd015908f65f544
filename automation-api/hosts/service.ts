import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { type Credentials, type PublicKey, readPublicKey } from "../credentials/service.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type {
  Host,
  HostImport,
  HostPatch,
  HostQuery,
  ImportReport,
  NewHost,
  ShownHostKeys,
} from "./contract.ts";
import { type PlannedHost, planImport } from "./domain.ts";
import { scanHostKeys } from "./host-key-scan.ts";
import { parseConfig, plainNames } from "./openssh-config.ts";
import * as queries from "./queries.ts";
import { selectorsOf } from "./reader.ts";
import { viewHost } from "./views.ts";

export { type HostChange, HostChanges, type MeasuredChange } from "./changes.ts";
export { HostChecks } from "./checks.ts";
export { HostGroups } from "./groups.ts";
export { HostReader, type ReadableHost } from "./reader.ts";
export { HostConnections } from "./ssh/connections.ts";

/** Which machines there are and how they are reached. Nothing here logs in to one or changes one. */
export class Hosts {
  readonly #db: Db;
  readonly #credentials: Credentials;

  constructor(db: Db, credentials: Credentials) {
    this.#db = db;
    this.#credentials = credentials;
  }

  async create(principal: Principal, input: NewHost, requestId?: string): Promise<Host> {
    authorize(principal, "host:write");
    const key = readPublicKey(input.hostKey, "hostKey");
    return transaction(this.#db, async (tx) => {
      const references = { credential: input.credential, bastion: input.bastion };
      await this.#checkReferences(tx, principal, references);
      const values = {
        name: input.name,
        address: input.address,
        port: input.port,
        username: input.user,
        sudo: input.sudo,
        credential_id: input.credential,
        bastion_id: input.bastion,
        labels: JSON.stringify(input.labels),
      };
      const id = await this.#insert(tx, principal, {
        ...values,
        ...accepted(principal, key, input.hostKeyTrust),
      });
      if (id === undefined) throw nameTaken(input.name);
      const detail = { ...place(input), ...references, hostKey: key.fingerprint, trust: input.hostKeyTrust };
      await record(tx, principal, { action: "host.create", object: id, phase: "result", detail, requestId });
      return this.#read(tx, principal, id);
    });
  }

  async find(principal: Principal, id: string): Promise<Host> {
    authorize(principal, "host:read");
    return this.#read(this.#db, principal, id);
  }

  async list(principal: Principal, query: HostQuery): Promise<Page<Host>> {
    authorize(principal, "host:read");
    const { organizationId } = principal;
    const selectors = await selectorsOf(this.#db, organizationId, query);
    const rows = await queries.listHosts(this.#db, {
      organizationId,
      selectors,
      name: query.name,
      credential: query.credential,
      after: decodeCursor(query.cursor, /^[A-Za-z0-9_.-]{1,100}$/),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, (row) => row.name, viewHost);
  }

  /**
   * Changes what is given. Where a credential is kept while the machine that it goes to becomes another,
   * the caller needs the credential as if naming it anew.
   * @param ifMatch ETag of the version that was read; undefined: whatever is there.
   */
  async change(
    principal: Principal,
    id: string,
    patch: HostPatch,
    options: { ifMatch?: string; requestId?: string } = {},
  ): Promise<Host> {
    authorize(principal, "host:write");
    const key = patch.hostKey === undefined ? undefined : readPublicKey(patch.hostKey, "hostKey");
    return transaction(this.#db, async (tx) => {
      const row = await queries.lockHost(tx, principal.organizationId, id);
      if (!row) throw notFound("Host", id);
      if (options.ifMatch !== undefined && options.ifMatch !== etagOf(row)) {
        throw new RoostError("precondition_failed", `${row.name} was changed meanwhile; read it again.`);
      }
      const { address, port, user, sudo, credential, bastion } = patch;
      const isElsewhere = [address, port, user, key, bastion].some((value) => value !== undefined);
      await this.#checkReferences(tx, principal, {
        credential: credential === undefined && isElsewhere ? row.credential_id : (credential ?? null),
        bastion: bastion ?? null,
        of: id,
      });
      const isChanged = await queries.updateHost(tx, id, {
        name: patch.name,
        address,
        port,
        username: user,
        sudo,
        credential_id: credential,
        bastion_id: bastion,
        labels: patch.labels && JSON.stringify(patch.labels),
        ...(key && { ...accepted(principal, key, patch.hostKeyTrust), host_key_accepted_at: new Date() }),
      });
      if (!isChanged) throw nameTaken(patch.name ?? row.name);
      const { hostKey, hostKeyTrust, ...rest } = patch;
      const detail = { ...rest, ...(key && { hostKey: key.fingerprint, trust: hostKeyTrust }) };
      await record(tx, principal, {
        action: "host.change",
        object: id,
        phase: "result",
        detail,
        requestId: options.requestId,
      });
      return this.#read(tx, principal, id);
    });
  }

  /** Forgets a host. Nothing on it is touched: what was done there stays, and so does the way to undo it. */
  async remove(principal: Principal, id: string, requestId?: string): Promise<void> {
    authorize(principal, "host:write");
    await transaction(this.#db, async (tx) => {
      const row = await queries.lockHost(tx, principal.organizationId, id);
      if (!row) throw notFound("Host", id);
      const behind = await queries.namesBehind(tx, id);
      if (behind.length > 0)
        throw new RoostError("conflict", `${row.name} is the way to these hosts: ${behind.join(", ")}.`);
      await queries.deleteHost(tx, id);
      const detail = { name: row.name, address: row.address, port: row.port };
      await record(tx, principal, { action: "host.remove", object: id, phase: "result", detail, requestId });
    });
  }

  /** What a machine shows as its host keys, for a person to compare with its console before accepting one. */
  async showKeys(
    principal: Principal,
    { address, port }: { address: string; port: number },
    options: { requestId?: string; signal?: AbortSignal } = {},
  ): Promise<ShownHostKeys> {
    authorize(principal, "host:write");
    const keys = await scanHostKeys(address, port, options.signal);
    await transaction(this.#db, (tx) =>
      record(tx, principal, {
        action: "host.show-keys",
        object: `${address}:${port}`,
        phase: "result",
        detail: { fingerprints: keys.map(({ fingerprint }) => fingerprint) },
        requestId: options.requestId,
      }),
    );
    return { address, port, keys };
  }

  /** Takes the hosts of an OpenSSH configuration that can be taken, all in one transaction, and says why others cannot. */
  async importConfig(principal: Principal, input: HostImport, requestId?: string): Promise<ImportReport> {
    authorize(principal, "host:write");
    return transaction(this.#db, async (tx) => {
      await this.#checkReferences(tx, principal, { credential: input.credential, bastion: null });
      const existing = await this.#existing(tx, principal, input.config);
      const plan = planImport(
        input,
        existing.map(({ name, bastion_id }) => ({ name, isBehind: bastion_id !== null })),
      );
      const ids = new Map(existing.map(({ name, id }) => [name, id]));
      const taken: ImportReport["taken"] = [];
      for (const planned of plan.taken) {
        const id = input.dryRun ? null : await this.#take(tx, principal, input, planned, ids, requestId);
        if (id) ids.set(planned.name, id);
        const { name, address, port, user, bastion, key } = planned;
        taken.push({ id, name, address, port, user, fingerprint: key.fingerprint, bastion });
      }
      return { taken, refused: plan.refused, ignored: plan.ignored };
    });
  }

  async #take(
    tx: Tx,
    principal: Principal,
    input: HostImport,
    { name, address, port, user, bastion, key }: PlannedHost,
    ids: Map<string, string>,
    requestId?: string,
  ): Promise<string> {
    const id = await this.#insert(tx, principal, {
      name,
      address,
      port,
      username: user,
      sudo: input.sudo,
      credential_id: input.credential,
      bastion_id: bastion === null ? null : (ids.get(bastion) as string),
      labels: JSON.stringify(input.labels),
      // The person who gives the known_hosts file vouches for it as that file's own user once did.
      ...accepted(principal, key, "first-use"),
    });
    if (id === undefined) throw nameTaken(name);
    const detail = {
      name,
      address,
      port,
      user,
      sudo: input.sudo,
      hostKey: key.fingerprint,
      trust: "first-use",
      imported: true,
    };
    await record(tx, principal, { action: "host.create", object: id, phase: "result", detail, requestId });
    return id;
  }

  /** Hosts of the inventory that the configuration names, as hosts or as bastions; held, for what refers to them. */
  async #existing(tx: Tx, principal: Principal, text: string): Promise<queries.HostRow[]> {
    const config = parseConfig(text);
    const jumps = config.sections.flatMap(({ settings }) =>
      settings.filter(({ keyword }) => keyword === "proxyjump").flatMap(({ values }) => values),
    );
    const names = [...new Set([...plainNames(config).map(({ name }) => name), ...jumps])];
    const rows = await queries.findByNames(tx, principal.organizationId, names);
    const held: queries.HostRow[] = [];
    for (const { id } of rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const row = await queries.lockHost(tx, principal.organizationId, id);
      if (row) held.push(row);
    }
    return held;
  }

  /** Undefined when the name is taken. */
  async #insert(
    tx: Tx,
    principal: Principal,
    values: Omit<Parameters<typeof queries.insertHost>[1], "id" | "organization_id">,
  ): Promise<string | undefined> {
    const id = newId("hst");
    const isNew = await queries.insertHost(tx, { id, organization_id: principal.organizationId, ...values });
    return isNew ? id : undefined;
  }

  /** @param refer.of the host that refers to them; absent for a new one. */
  async #checkReferences(
    tx: Tx,
    principal: Principal,
    refer: { credential: string | null; bastion: string | null; of?: string },
  ): Promise<void> {
    if (refer.credential !== null) await this.#credentials.checkHostUse(tx, principal, refer.credential);
    if (refer.bastion === null) return;
    if (refer.bastion === refer.of) throw invalid("bastion", "a host is not its own bastion");
    const bastion = await queries.lockHost(tx, principal.organizationId, refer.bastion);
    if (!bastion) throw invalid("bastion", `${refer.bastion} does not exist`);
    if (bastion.bastion_id !== null) {
      throw invalid("bastion", `${bastion.name} is itself reached through another host`);
    }
    const behind = refer.of === undefined ? [] : await queries.namesBehind(tx, refer.of);
    if (behind.length > 0)
      throw invalid("bastion", `this host is itself the way to others: ${behind.join(", ")}`);
  }

  async #read(db: Db | Tx, principal: Principal, id: string): Promise<Host> {
    const row = await queries.findHost(db, principal.organizationId, id);
    if (!row) throw notFound("Host", id);
    return viewHost(row);
  }
}

/** The mark of a host's version. */
export function etagOf({ version }: { version: number }): string {
  return `"${version}"`;
}

function accepted(principal: Principal, key: PublicKey, trust: "verified" | "first-use") {
  return { host_key: key.line, host_key_trust: trust, host_key_accepted_by: principal.name };
}

function place({ name, address, port, user, sudo }: NewHost) {
  return { name, address, port, user, sudo };
}

function nameTaken(name: string): RoostError {
  return new RoostError("conflict", `There is a host ${name} already.`);
}
