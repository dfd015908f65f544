import type { Principal } from "../access/permissions.ts";
import type { Credentials } from "../credentials/service.ts";
import type { Db, Tx } from "../db/transaction.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import type { Labels } from "./contract.ts";
import { readSelector } from "./domain.ts";
import { fanOut } from "./fan-out.ts";
import * as queries from "./queries.ts";
import { Channels } from "./ssh/channels.ts";
import type { HostConnections } from "./ssh/connections.ts";
import type { HostError, RemoteOutput, RemoteRun, SshTarget } from "./ssh/contract.ts";

/** A host of the inventory, as those know it who only read on it. */
export type ReadableHost = queries.HostRow;

/** Hosts that are worked on at the same time, unless told otherwise. */
const defaultFanOut = 16;
const mostSelected = 5000;

/** Runs scripts that only read on hosts of the inventory. Whoever calls has authorized it. */
export class HostReader {
  readonly connections: Pick<HostConnections, "run">;
  readonly #db: Db;
  readonly #credentials: Credentials;
  readonly #room: Channels;

  /** @param mostHosts that are worked on at the same time by all callers of `each`. */
  constructor(
    db: Db,
    credentials: Credentials,
    connections: Pick<HostConnections, "run">,
    mostHosts = defaultFanOut,
  ) {
    this.#db = db;
    this.#credentials = credentials;
    this.connections = connections;
    this.#room = new Channels(mostHosts);
  }

  /**
   * @param reference id or name; undefined: the only host that there is.
   * @param field that an error names.
   */
  async find(
    { organizationId }: Principal,
    reference: string | undefined,
    field: string,
  ): Promise<ReadableHost> {
    if (reference !== undefined) {
      const row = await queries.findByReference(this.#db, organizationId, reference);
      if (!row) throw notFound("Host", reference);
      return row;
    }
    const [only, ...others] = await queries.listHosts(this.#db, { organizationId, selectors: [], limit: 2 });
    if (!only) throw new RoostError("not_found", "There are no hosts yet: add one with POST /api/v1/hosts.");
    if (others.length > 0) throw invalid(field, "there are several hosts: give the id or the name of one");
    return only;
  }

  /**
   * All hosts that have certain labels or belong to a group, or both, by name.
   * @param fields what stands in front of the name of a field in errors, such as "query.".
   * @throws not_found for a group that is not there, and when there are none.
   */
  async select(
    { organizationId }: Principal,
    { selector, group }: { selector?: string; group?: string },
    fields = "",
  ): Promise<ReadableHost[]> {
    const selectors = await selectorsOf(this.#db, organizationId, { selector, group });
    const limit = mostSelected + 1;
    const rows = await queries.listHosts(this.#db, { organizationId, selectors, limit });
    const field = `${fields}${selector === undefined ? "group" : "selector"}`;
    if (rows.length === 0) throw new RoostError("not_found", "No host is selected by that.");
    if (rows.length > mostSelected) throw invalid(field, `selects more than ${mostSelected} hosts`);
    return rows;
  }

  /** `work` for each host, few at a time among all callers, in the order in which they end. @throws as `fanOut`. */
  each<T>(
    hosts: ReadableHost[],
    work: (host: ReadableHost) => Promise<T>,
    signal: AbortSignal,
  ): AsyncGenerator<T, void> {
    return fanOut(hosts, this.#room, work, signal);
  }

  /** @throws not_found when it was removed. */
  async get(organizationId: string, id: string): Promise<ReadableHost> {
    const row = await queries.findHost(this.#db, organizationId, id);
    if (!row) throw notFound("Host", id);
    return row;
  }

  /** @throws HostError, and conflict for a host, or a bastion of it, that has no credential. */
  async run(host: ReadableHost, run: RemoteRun): Promise<RemoteOutput> {
    return this.connections.run(await this.target(host), run);
  }

  /**
   * Keeps as the host's health what a read of exactly this version of it found.
   * @param found `fault` null: it was well.
   * @returns false when the host was changed or removed meanwhile.
   */
  async noteHealth(
    tx: Tx,
    host: ReadableHost,
    {
      fault,
      milliseconds,
      ...told
    }: {
      fault: HostError | null;
      milliseconds: number;
      system?: string | null;
      uptimeSeconds?: number | null;
    },
  ): Promise<boolean> {
    return queries.noteHealth(tx, host, {
      health: fault === null ? "healthy" : fault.fault,
      health_detail: JSON.stringify({ ...told, ...(fault && { message: fault.message }), milliseconds }),
    });
  }

  /** How it is logged in to. @throws conflict as `run`. */
  async target(row: ReadableHost): Promise<SshTarget> {
    const { organization_id: organizationId } = row;
    const way = row.bastion_id && (await queries.findHost(this.#db, organizationId, row.bastion_id));
    if (row.credential_id === null)
      throw new RoostError("conflict", `${row.name} has no credential to log in with.`);
    const login = await this.#credentials.revealLogin(row.credential_id, { organizationId, hostId: row.id });
    return {
      id: row.id,
      name: row.name,
      address: row.address,
      port: row.port,
      user: row.username,
      sudo: row.sudo,
      hostKey: row.host_key,
      login,
      ...(way && { bastion: await this.target(way) }),
    };
  }
}

/** Labels that a host must all have, of each. @throws not_found for a group that is not there. */
export async function selectorsOf(
  db: Db,
  organizationId: string,
  { selector, group: name }: { selector?: string; group?: string },
): Promise<Labels[]> {
  const selectors = selector === undefined ? [] : [readSelector(selector)];
  if (name === undefined) return selectors;
  const [group] = await queries.listGroups(db, { organizationId, name, limit: 1 });
  if (!group) throw notFound("Host group", name);
  return [...selectors, group.selector];
}
