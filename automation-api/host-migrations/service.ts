import { createHash, randomBytes } from "node:crypto";
import {
  type Content,
  candidatesOf,
  collect,
  contentsScript,
  draftMigration,
  type HostState,
  type Item,
  type MigrationRequest,
  planMigration,
  readContents,
  readSolved,
  readState,
  type Sides,
  type Solved,
  solveScript,
  sourcesToPut,
  surveyScript,
  unknownChoices,
  wantedOf,
} from "../../host-provisioning/migrate/index.ts";
import { isRisky } from "../../host-provisioning/undo/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import type { IdCipher } from "../credentials/service.ts";
import { newId } from "../db/id.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import type { ActionOptions, HostActions } from "../host-actions/service.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type { SigningKey } from "../signing-key.ts";
import { pack, type Unpacked, unpack } from "./archive.ts";
import type { Archive, Exported, ExportRequest, ImportRequest, Migration } from "./contract.ts";
import * as queries from "./queries.ts";

const readLimits = { deadlineMs: 120_000, capBytes: 16 * 1024 * 1024 };
/** The sources may be asked over a network, and each package on its own. */
const solveLimits = { deadlineMs: 300_000, capBytes: 16 * 1024 * 1024 };
/** Name under which hashes of passwords are encrypted; they are in no other form in an archive. */
const passwordsName = "migration-passwords";

interface Dependencies {
  db: Db;
  cipher: IdCipher;
  key: SigningKey;
  reader: Pick<HostReader, "find" | "run">;
  actions: Pick<HostActions, "run">;
}

/** Takes what makes a host this one over to another host: as one signed archive, and as an action like every other. */
export class HostMigrations {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Makes an archive of a host, which stays as it is. It holds what root alone may read, so that is asked for. */
  async export(principal: Principal, request: ExportRequest, options: ActionOptions = {}): Promise<Exported> {
    authorize(principal, "host:change");
    const { key, cipher } = this.#deps;
    const host = await this.#deps.reader.find(principal, request.host, "host");
    const state = await this.#survey(host, request.passwords, options.signal);
    const paths = candidatesOf(state).map(({ path }) => path);
    const present = await this.#contents(host, paths, options.signal);
    const { manifest, contents, left } = collect(state, host, present, new Date().toISOString());
    if (request.passwords) {
      const hashes = Object.fromEntries(
        manifest.users.flatMap(({ name }) => (state.passwords[name] ? [[name, state.passwords[name]]] : [])),
      );
      const sealed = cipher.encrypt(passwordsName, Buffer.from(JSON.stringify(hashes)));
      manifest.passwords = sealed.toString("base64");
    }
    const text = await pack({ manifest, contents }, key);
    return { ...(await this.#keep(principal, text, { manifest, contents }, options)), left };
  }

  /** Keeps an archive that was downloaded before. @throws invalid for one that this installation has not signed. */
  async upload(principal: Principal, text: string, options: ActionOptions = {}): Promise<Archive> {
    authorize(principal, "host:change");
    return this.#keep(principal, text, await unpack(text, this.#deps.key), options);
  }

  async list(principal: Principal, query: { limit: number; cursor?: string }): Promise<Page<Archive>> {
    authorize(principal, "host:read");
    const rows = await queries.listArchives(this.#deps.db, {
      organizationId: principal.organizationId,
      before: decodeCursor(query.cursor, /^mig_[0-9a-z]{26}$/),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, (row) => row.id, view);
  }

  /** The text of an archive. */
  async download(principal: Principal, id: string, { requestId }: ActionOptions = {}): Promise<string> {
    authorize(principal, "host:change");
    const text = await this.#read(principal, id, notFound("Archive", id));
    await transaction(this.#deps.db, (tx) =>
      record(tx, principal, { action: "migration.download", object: id, phase: "result", requestId }),
    );
    return text;
  }

  async delete(principal: Principal, id: string, { requestId }: ActionOptions = {}): Promise<void> {
    authorize(principal, "host:change");
    await transaction(this.#deps.db, async (tx) => {
      if (!(await queries.deleteArchive(tx, principal.organizationId, id))) throw notFound("Archive", id);
      await record(tx, principal, { action: "migration.delete", object: id, phase: "result", requestId });
    });
  }

  /**
   * Shows or does what makes a host like the one of an archive.
   * @throws invalid for choices that the archive does not have; unprocessable for a host that cannot be asked.
   */
  async import(
    principal: Principal,
    request: ImportRequest,
    options: ActionOptions = {},
  ): Promise<Migration> {
    // A preview shows what was root's alone on the other host.
    authorize(principal, "host:change");
    const planning = async () => {
      const host = await this.#deps.reader.find(principal, request.host, "host");
      const missing = invalid("archive", "is no archive that is kept here");
      const archive = await unpack(await this.#read(principal, request.archive, missing), this.#deps.key);
      const { manifest, contents } = archive;
      const here = await this.#survey(host, false, options.signal);
      const paths = manifest.files.map(({ path }) => path);
      const present = await this.#contents(host, paths, options.signal);
      const sides: Sides = { manifest, contents, here, present };
      const { parts, onConflict, choices, start } = request;
      const asked: MigrationRequest = { parts, onConflict, choices, start };
      const [unknown] = unknownChoices(sides, asked);
      if (unknown !== undefined) throw invalid(`choices.${unknown}`, "is nothing that the archive has");
      const solved = await this.#solve(host, sides, asked, options.signal);
      const plan = planMigration(sides, asked, solved);
      const isOpen = (item: Item) => item.state !== "already-so";
      const items = plan.items.filter(isOpen) as Migration["detail"]["items"];
      return {
        host,
        planning: {
          kind: "migration" as const,
          title: `migration: from ${manifest.host.name}`.slice(0, 200),
          request: { archive: request.archive, ...asked, passwords: request.passwords },
          draft: draftMigration(
            plan,
            contents,
            request.passwords ? this.#passwords(archive, plan.users) : {},
          ),
          detail: {
            archive: request.archive,
            from: manifest.host.name,
            items,
            alreadySo: plan.items.length - items.length,
            installs: plan.installs,
            runs: plan.runs,
            sources: solved.sources,
          },
          packages: plan.installs.length,
          risky: isRisky({ names: [...plan.installs, ...plan.units].map(({ name }) => name) }),
        },
      };
    };
    return this.#deps.actions.run(principal, request, planning, options);
  }

  async #survey(host: ReadableHost, passwords: boolean, signal?: AbortSignal): Promise<HostState> {
    const mark = randomBytes(16).toString("hex");
    const run = { script: surveyScript(mark, { passwords }), ...readLimits, signal };
    const { stdout } = await this.#deps.reader.run(host, run);
    const state = readState(stdout.toString("utf8"), mark);
    if (state) return state;
    throw new RoostError(
      "unprocessable",
      `${host.name}: The survey did not come to its end there; only Debian and its relatives can do that yet.`,
    );
  }

  async #contents(host: ReadableHost, paths: string[], signal?: AbortSignal): Promise<Map<string, Content>> {
    const mark = randomBytes(16).toString("hex");
    const run = { script: contentsScript(mark, paths), ...readLimits, signal };
    const { stdout } = await this.#deps.reader.run(host, run);
    const found = readContents(stdout, mark, paths);
    if (found) return found;
    throw new RoostError("unprocessable", `${host.name}: Its files could not be read to their end.`);
  }

  async #solve(
    host: ReadableHost,
    sides: Sides,
    request: MigrationRequest,
    signal?: AbortSignal,
  ): Promise<Solved> {
    const wanted = wantedOf(sides, request);
    const none = { installs: [], removes: [] };
    if (wanted.length === 0) return { chosen: [], simulation: none, refused: {}, sources: null };
    const mark = randomBytes(16).toString("hex");
    const sources = sourcesToPut(sides, request).map(({ path, mode }) => ({
      path,
      mode,
      bytes: sides.contents.get(path) as Buffer,
    }));
    const run = { script: solveScript(mark, wanted, sources), ...solveLimits, signal };
    const { stdout } = await this.#deps.reader.run(host, run);
    const solved = readSolved(stdout.toString("utf8"), mark);
    if (solved) return solved;
    throw new RoostError(
      "unprocessable",
      `${host.name}: apt could not be asked there what can be installed.`,
    );
  }

  #passwords({ manifest }: Unpacked, users: readonly { name: string }[]): Record<string, string> {
    if (manifest.passwords === null) throw invalid("passwords", "are not in this archive");
    const sealed = Buffer.from(manifest.passwords, "base64");
    const hashes = JSON.parse(this.#deps.cipher.decrypt(passwordsName, sealed).toString()) as Record<
      string,
      string
    >;
    return Object.fromEntries(users.flatMap(({ name }) => (hashes[name] ? [[name, hashes[name]]] : [])));
  }

  async #read(principal: Principal, id: string, missing: RoostError): Promise<string> {
    const { db, cipher } = this.#deps;
    const content = await queries.readArchive(db, principal.organizationId, id);
    if (!content) throw missing;
    return cipher.decrypt(id, content).toString("utf8");
  }

  async #keep(
    principal: Principal,
    text: string,
    { manifest }: Unpacked,
    { requestId }: ActionOptions,
  ): Promise<Archive> {
    const { db, cipher, key } = this.#deps;
    const id = newId("mig");
    const bytes = Buffer.from(text);
    const sha256 = createHash("sha256").update(bytes).digest();
    const { packages, files, users, units, passwords, host } = manifest;
    const contains = {
      packages: packages.length,
      files: files.length,
      users: users.length,
      units: units.length,
      passwords: passwords !== null,
    };
    await transaction(db, async (tx) => {
      await queries.insertArchive(tx, {
        id,
        organization_id: principal.organizationId,
        host_id: host.id,
        host_name: host.name,
        made_at: manifest.madeAt,
        key_id: key.id,
        sha256,
        size: bytes.length,
        contains: JSON.stringify(contains),
        content: cipher.encrypt(id, bytes),
        requester: principal.name,
      });
      const detail = { host: host.name, sha256: sha256.toString("hex"), ...contains };
      await record(tx, principal, {
        action: "migration.keep",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
    });
    const { organizationId } = principal;
    const [row] = await queries.listArchives(db, { organizationId, id, limit: 1 });
    return view(row as queries.ArchiveRow);
  }
}

function view(row: queries.ArchiveRow): Archive {
  return {
    id: row.id,
    host: { id: row.host_id, name: row.host_name },
    madeAt: row.made_at.toISOString(),
    key: row.key_id,
    sha256: row.sha256.toString("hex"),
    bytes: row.size,
    contains: row.contains as Archive["contains"],
    requester: row.requester,
    createdAt: row.created_at.toISOString(),
  };
}
