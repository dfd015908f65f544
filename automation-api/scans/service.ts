import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import {
  countFacts,
  diffFacts,
  type Facts,
  quickScript,
  readFacts,
} from "../../host-provisioning/facts/index.ts";
import type { Sample } from "../../host-provisioning/performance/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { messageOf, notFound, RoostError } from "../errors.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import { HostError } from "../hosts/ssh/contract.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type { Diff, DiscoverQuery, Scan, ScanListQuery, ScanProgress } from "./contract.ts";
import { fullSteps, lookCloser } from "./full.ts";
import * as queries from "./queries.ts";
import { TrackerFile } from "./tracker-file.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const deadlineMilliseconds = 30_000;
/** A host of 3000 packages says 2 MiB. */
const outputBytes = 16 * 1024 * 1024;
const keptPerHost = 50;
const listedChanges = 5000;

export interface Found {
  scan: Scan;
  facts: Facts;
}

interface RequestOptions {
  /** Field that an error about the host names. */
  field?: string;
  requestId?: string;
  signal?: AbortSignal;
}

/** Looks at hosts without changing anything there, and keeps what was seen: the last 50 scans of each. */
export class Scans {
  readonly #db: Db;
  readonly #reader: HostReader;
  readonly #trackerFile: TrackerFile | undefined;
  readonly #lastDay: (hostId: string) => Promise<Sample[]>;

  /**
   * @param more `trackerFile`: path of the Debian security tracker's data; without it, faults are known from hosts' own
   *   indexes; `lastDay`: how busy a host was, which becomes part of its scans.
   */
  constructor(
    db: Db,
    reader: HostReader,
    {
      trackerFile,
      lastDay = async () => [],
    }: { trackerFile?: string; lastDay?: (hostId: string) => Promise<Sample[]> } = {},
  ) {
    this.#db = db;
    this.#reader = reader;
    this.#lastDay = lastDay;
    this.#trackerFile = trackerFile === undefined ? undefined : new TrackerFile(trackerFile);
  }

  /**
   * Scans a host now.
   * @throws HostError for a host that cannot be read; that is audited, and nothing is kept of it.
   */
  async scan(principal: Principal, reference?: string, options: RequestOptions = {}): Promise<Found> {
    authorize(principal, "host:connect");
    const host = await this.#reader.find(principal, reference, options.field ?? "host");
    const began = Date.now();
    const facts = await this.#look(host, options.signal).catch(async (error: unknown) => {
      await this.#recordFailure(principal, host, { error, began }, options.requestId);
      throw error;
    });
    return this.#keep(principal, host, { kind: "quick", facts, began }, options.requestId);
  }

  /**
   * As `scan`, and looks at how safe the host is. Yields as each step ends, one event before the first.
   * @returns what was found and kept.
   */
  async *scanFully(
    principal: Principal,
    reference?: string,
    options: RequestOptions = {},
  ): AsyncGenerator<ScanProgress, Found> {
    authorize(principal, "host:connect");
    const { requestId, signal } = options;
    const host = await this.#reader.find(principal, reference, options.field ?? "host");
    const began = Date.now();
    const quick = { step: "facts", title: "Hardware, software, services and network", of: fullSteps };
    yield { ...quick, done: 0, milliseconds: 0, reason: null };
    let facts: Facts;
    try {
      facts = await this.#look(host, signal);
      yield { ...quick, done: 1, milliseconds: Date.now() - began, reason: null };
      const how = { trackerFile: this.#trackerFile, signal };
      facts = { ...facts, ...(yield* lookCloser(this.#reader, host, facts, how)) };
    } catch (error) {
      await this.#recordFailure(principal, host, { error, began }, requestId);
      throw error;
    }
    return this.#keep(principal, host, { kind: "full", facts, began }, requestId);
  }

  async #keep(
    principal: Principal,
    host: ReadableHost,
    { kind, facts: seen, began }: { kind: Scan["kind"]; facts: Facts; began: number },
    requestId?: string,
  ): Promise<Found> {
    const milliseconds = Date.now() - began;
    const history = await this.#lastDay(host.id);
    const facts = { ...seen, performance: { ...seen.performance, ...(history.length > 0 && { history }) } };
    const text = Buffer.from(JSON.stringify(facts));
    const row = {
      id: newId("scn"),
      organization_id: principal.organizationId,
      host_id: host.id,
      kind,
      facts: await compress(text),
      raw_bytes: text.length,
      fact_count: countFacts(seen),
      milliseconds,
      requester: principal.name,
    };
    return transaction(this.#db, async (tx) => {
      const keptAt = await queries.insertScan(tx, row, { version: host.version, keep: keptPerHost });
      if (!keptAt) throw new RoostError("conflict", `${host.name} was changed or removed during the scan.`);
      const { kernel } = facts.system;
      const system = ["Linux", kernel.release, facts.hardware.cpu.architecture].filter(Boolean).join(" ");
      const { uptimeSeconds } = facts.performance;
      await this.#reader.noteHealth(tx, host, { fault: null, milliseconds, system, uptimeSeconds });
      await record(tx, principal, {
        action: "host.scan",
        object: host.id,
        phase: "result",
        detail: { name: host.name, scan: row.id, kind: row.kind, facts: row.fact_count },
        requestId,
      });
      return { scan: view({ ...row, host_name: host.name, created_at: keptAt }), facts };
    });
  }

  /** What the last scan of a host found, or with `fresh` a new one. @throws not_found when there is none. */
  async discover(
    principal: Principal,
    { host: reference, fresh }: DiscoverQuery,
    options: RequestOptions & { kind?: "full" } = {},
  ): Promise<Found> {
    authorize(principal, "host:read");
    const { kind } = options;
    if (fresh === "1")
      return kind === "full"
        ? lastOf(this.scanFully(principal, reference, options))
        : this.scan(principal, reference, options);
    const host = await this.#reader.find(principal, reference, options.field ?? "host");
    const { organizationId } = principal;
    const [last] = await queries.listScans(this.#db, { organizationId, host: host.id, kind, limit: 1 });
    if (!last) {
      const path = `/api/v1/scan/${kind ?? "quick"}`;
      const message = `${host.name} has not been scanned${kind ? " fully" : ""}: POST ${path}, or ask with fresh=1.`;
      throw new RoostError("not_found", message);
    }
    return this.#read(last);
  }

  async list(principal: Principal, query: ScanListQuery): Promise<Page<Scan>> {
    authorize(principal, "host:read");
    const host = query.host && (await this.#reader.find(principal, query.host, "query.host"));
    const rows = await queries.listScans(this.#db, {
      organizationId: principal.organizationId,
      host: host ? host.id : undefined,
      before: decodeCursor(query.cursor, /^scn_[0-9a-z]{26}$/),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, (row) => row.id, view);
  }

  async report(principal: Principal, id: string): Promise<Found> {
    authorize(principal, "host:read");
    return this.#read(await this.#find(principal, id));
  }

  /** What is otherwise than in an older scan; without `base` than in the one before of the same host. */
  async diff(principal: Principal, id: string, base?: string): Promise<Diff> {
    authorize(principal, "host:read");
    const row = await this.#find(principal, id);
    const older = base === undefined ? await this.#before(principal, row) : await this.#find(principal, base);
    const [before, after] = [await this.#read(older), await this.#read(row)];
    const changes = diffFacts(before.facts, after.facts);
    return {
      base: before.scan,
      scan: after.scan,
      total: changes.length,
      changes: changes.slice(0, listedChanges),
    };
  }

  async #look(host: ReadableHost, signal?: AbortSignal): Promise<Facts> {
    const mark = randomBytes(16).toString("hex");
    const { stdout } = await this.#reader.run(host, {
      script: quickScript(mark),
      deadlineMs: deadlineMilliseconds,
      capBytes: outputBytes,
      signal,
    });
    const facts = readFacts(stdout.toString("utf8"), mark);
    if (facts) return facts;
    throw new RoostError("unprocessable", `${host.name}: The scan did not come to its end there.`);
  }

  async #recordFailure(
    principal: Principal,
    host: ReadableHost,
    { error, began }: { error: unknown; began: number },
    requestId?: string,
  ): Promise<void> {
    await transaction(this.#db, async (tx) => {
      if (error instanceof HostError)
        await this.#reader.noteHealth(tx, host, { fault: error, milliseconds: Date.now() - began });
      await record(tx, principal, {
        action: "host.scan",
        object: host.id,
        phase: "result",
        result: "failed",
        detail: { name: host.name, message: messageOf(error) },
        requestId,
      });
    });
  }

  async #find({ organizationId }: Principal, id: string): Promise<queries.ScanRow> {
    const [row] = await queries.listScans(this.#db, { organizationId, id, limit: 1 });
    if (!row) throw notFound("Scan", id);
    return row;
  }

  /** A full scan is compared with a full one where there is one. */
  async #before({ organizationId }: Principal, { id, host_id: host, kind }: queries.ScanRow) {
    const older = { organizationId, host, before: id, limit: 1 };
    const [same] = kind === "full" ? await queries.listScans(this.#db, { ...older, kind }) : [];
    const [row] = same ? [same] : await queries.listScans(this.#db, older);
    if (!row) throw new RoostError("not_found", `There is no scan of this host before ${id}.`);
    return row;
  }

  async #read(row: queries.ScanRow): Promise<Found> {
    const bytes = await queries.readFactsOf(this.#db, row.id);
    if (!bytes) throw notFound("Scan", row.id);
    return { scan: view(row), facts: JSON.parse((await decompress(bytes)).toString()) as Facts };
  }
}

/** What a generator returns, whatever it yields before. */
export async function lastOf<T>(events: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value as T;
  }
}

function view(row: queries.ScanRow): Scan {
  return {
    id: row.id,
    host: { id: row.host_id, name: row.host_name },
    kind: row.kind,
    facts: row.fact_count,
    bytes: row.raw_bytes,
    milliseconds: row.milliseconds,
    requester: row.requester,
    createdAt: row.created_at.toISOString(),
  };
}
