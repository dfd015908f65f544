import { createHash } from "node:crypto";
import { chown, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { authorize, may, mayAnywhere } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import type { Credentials } from "../credentials/service.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { invalid, notFound } from "../errors.ts";
import { type AllowRule, gitRemote, type Lookup, type OtherUser, parseGitUrl } from "../git/index.ts";
import { inspectArchive } from "./archive.ts";
import type { GitReference, ProgramArchive, ProgramReference, ProgramSource } from "./contract.ts";
import { isUserCode } from "./domain.ts";
import { resolveFolder } from "./folder.ts";
import { fetchGit } from "./git.ts";
import { parseManifest } from "./manifest.ts";
import * as queries from "./queries.ts";

export { describeProgram, isUserCode } from "./domain.ts";

export interface ProgramsOptions {
  /** Names of the built-in programs. */
  builtins: readonly string[];
  /** ROOST_PROGRAM_ROOTS. */
  roots: readonly string[];
  /** ROOST_OUTBOUND_ALLOW, read by `parseAllowRules`. */
  outbound: readonly AllowRule[];
  /** How names become addresses; default: as the system does it. */
  lookup?: Lookup;
}

export interface ResolveRequest {
  organizationId: string;
  projectId: string;
  /** Private folder for what is fetched; made if missing. The runner must be able to read it. */
  folder: string;
  /** The runner's user, when it has one of its own: git runs as that user, and the files are its own. */
  asUser?: OtherUser;
  signal?: AbortSignal;
}

/** What users run: checks a reference when it is given, fetches it when it is run. */
export class Programs {
  readonly #db: Db;
  readonly #credentials: Credentials;
  readonly #options: ProgramsOptions;

  constructor(db: Db, credentials: Credentials, options: ProgramsOptions) {
    this.#db = db;
    this.#credentials = credentials;
    this.#options = options;
  }

  /**
   * What can be said about a reference before anything is stored: the name of
   * a built-in, a folder's place, a repository's address. Looks names up, so it runs outside of transactions.
   * @throws invalid naming the field; forbidden when the principal may run no code anywhere.
   */
  async checkReference(principal: Principal, program: ProgramReference): Promise<void> {
    if (isUserCode(program) && !mayAnywhere(principal, "program:run-code"))
      authorize(principal, "program:run-code");
    const { builtin, folder, git } = program;
    if (builtin !== undefined && !this.#options.builtins.includes(builtin)) {
      const allowed = this.#options.builtins.join(", ");
      throw invalid("program.builtin", "is not a built-in program", { given: builtin, allowed });
    }
    if (folder !== undefined) await resolveFolder(this.#options.roots, folder);
    if (git)
      await gitRemote(git.url, {
        rules: this.#options.outbound,
        field: "program.git.url",
        lookup: this.#options.lookup,
      });
  }

  /** Whether the principal may run the program in the project. @throws forbidden, or not_found for what belongs to others. */
  async checkUse(tx: Tx, principal: Principal, projectId: string, program: ProgramReference): Promise<void> {
    if (!isUserCode(program)) return;
    authorize(principal, "program:run-code", { projectId });
    const { archive, git } = program;
    if (archive !== undefined) await this.#checkArchive(tx, principal, projectId, archive);
    if (git?.credential) {
      await this.#credentials.checkUse(tx, principal, git.credential, {
        url: parseGitUrl(git.url, "program.git.url"),
        projectId,
      });
    }
  }

  /** Keeps an archive after looking through all of it. */
  async upload(principal: Principal, bytes: Buffer, requestId?: string): Promise<ProgramArchive> {
    if (!mayAnywhere(principal, "program:run-code")) authorize(principal, "program:run-code");
    const contents = await inspectArchive(bytes);
    if (contents.manifest !== undefined) parseManifest(contents.manifest);
    const id = newId("prg");
    const sha256 = createHash("sha256").update(bytes).digest();
    const createdAt = await transaction(this.#db, async (tx) => {
      const detail = { sha256: sha256.toString("hex"), bytes: bytes.length };
      await record(tx, principal, {
        action: "program.upload",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
      const { organizationId: organization_id, accountId: account_id } = principal;
      return queries.insertArchive(tx, { id, organization_id, account_id, sha256, bytes });
    });
    const { entries } = contents;
    return {
      id,
      sha256: sha256.toString("hex"),
      bytes: bytes.length,
      entries,
      createdAt: createdAt.toISOString(),
    };
  }

  /** Fetches what a deployment is to run: afterwards it needs neither database nor credentials. */
  async resolve(program: ProgramReference, request: ResolveRequest): Promise<ProgramSource> {
    const { builtin, folder, archive, git } = program;
    if (folder !== undefined)
      return { kind: "folder", path: await resolveFolder(this.#options.roots, folder) };
    if (archive !== undefined) {
      return { kind: "archive", file: await this.#storeArchive(archive, request), path: program.path ?? "" };
    }
    if (git) return { kind: "archive", file: await this.#fetch(git, request), path: git.path ?? "" };
    return { kind: "builtin", name: builtin ?? "" };
  }

  async #checkArchive(tx: Tx, principal: Principal, projectId: string, id: string): Promise<void> {
    const archive = await queries.findArchive(tx, principal.organizationId, id);
    const own =
      archive !== undefined &&
      (archive.account_id === principal.accountId ||
        may(principal, "program:run-code") ||
        (await queries.isUsedIn(tx, projectId, id)));
    if (!own) throw notFound("Program archive", id);
  }

  async #storeArchive(id: string, request: ResolveRequest): Promise<string> {
    const bytes = await queries.readArchive(this.#db, request.organizationId, id);
    if (!bytes) throw notFound("Program archive", id);
    await mkdir(request.folder, { recursive: true, mode: 0o700 });
    const file = path.join(request.folder, "program.tar.gz");
    await writeFile(file, bytes, { mode: 0o600 });
    if (request.asUser) {
      for (const place of [request.folder, file]) await chown(place, request.asUser.uid, request.asUser.gid);
    }
    return file;
  }

  async #fetch(git: GitReference, request: ResolveRequest): Promise<string> {
    const { url, target } = await gitRemote(git.url, {
      rules: this.#options.outbound,
      field: "program.git.url",
      lookup: this.#options.lookup,
    });
    const { organizationId, projectId, folder, asUser, signal } = request;
    const login = git.credential
      ? await this.#credentials.reveal(git.credential, { organizationId, projectId, url })
      : undefined;
    const { file } = await fetchGit({ url, ref: git.ref, target, login, folder, asUser, signal });
    return file;
  }
}
