import { authorize, may, visibleProjects } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import { findProject } from "../projects/service.ts";
import type { Credential, NewCredential } from "./contract.ts";
import * as queries from "./queries.ts";

/** Encrypts under a key that belongs to one id alone. */
export interface IdCipher {
  encrypt(id: string, plaintext: Buffer): Buffer;
  decrypt(id: string, ciphertext: Buffer): Buffer;
}

/** What is encrypted: the password, and the one address it may be sent to, so that the two cannot be parted. */
interface Sealed {
  origin: string;
  password: string;
}

export interface RevealedCredential {
  /** Scheme, host and port that it may be sent to. */
  origin: string;
  username: string;
  password: string;
}

/** Passwords that git needs, kept encrypted; no reply ever holds one. */
export class Credentials {
  readonly #db: Db;
  readonly #cipher: IdCipher;

  constructor(db: Db, cipher: IdCipher) {
    this.#db = db;
    this.#cipher = cipher;
  }

  async create(principal: Principal, input: NewCredential, requestId?: string): Promise<Credential> {
    const id = newId("crd");
    const sealed: Sealed = { origin: new URL(input.url).origin, password: input.password };
    const row = await transaction(this.#db, async (tx) => {
      const project = input.project === null ? undefined : await findProject(tx, principal, input.project);
      authorize(principal, "credential:write", { projectId: project?.id ?? null });
      await queries.insertCredential(tx, {
        id,
        organization_id: principal.organizationId,
        project_id: project?.id ?? null,
        name: input.name,
        kind: input.kind,
        username: input.username,
        secret: this.#cipher.encrypt(id, Buffer.from(JSON.stringify(sealed))),
      });
      await record(tx, principal, {
        action: "credential.create",
        object: id,
        phase: "result",
        detail: { name: input.name, url: sealed.origin, project: input.project },
        requestId,
      });
      return queries.findCredential(tx, principal.organizationId, id);
    });
    return this.#view(row as queries.CredentialRow);
  }

  async list(principal: Principal, query: { limit: number; cursor?: string }): Promise<Page<Credential>> {
    const rows = await queries.listCredentials(this.#db, {
      organizationId: principal.organizationId,
      projects: visibleProjects(principal, "credential:write"),
      after: decodeCursor(query.cursor, /^crd_[0-9a-z]{26}$/),
      limit: query.limit + 1,
    });
    return pageOf(
      rows,
      query.limit,
      (row) => row.id,
      (row) => this.#view(row),
    );
  }

  async remove(principal: Principal, id: string, requestId?: string): Promise<void> {
    await transaction(this.#db, async (tx) => {
      const row = await this.#findUsable(tx, principal, id);
      if (!(await queries.deleteCredential(tx, row.id))) throw notFound("Credential", id);
      await record(tx, principal, {
        action: "credential.delete",
        object: id,
        phase: "result",
        detail: { name: row.name },
        requestId,
      });
    });
  }

  /**
   * Checks that `principal` may name this credential in a program for `url`:
   * whoever may write it may use it, and only for its own address.
   */
  async checkUse(
    tx: Tx,
    principal: Principal,
    id: string,
    use: { url: URL; projectId: string },
  ): Promise<void> {
    const row = await this.#findUsable(tx, principal, id);
    if (row.project_id !== null && row.project_id !== use.projectId) throw notFound("Credential", id);
    const { origin } = this.#open(row);
    if (origin !== use.url.origin) throw wrongOrigin(id, origin);
  }

  /**
   * The password, for a deployment of `projectId` that is to fetch `url`.
   * @throws not_found when it was deleted or is another project's, invalid when it belongs to another address.
   */
  async reveal(
    id: string,
    use: { organizationId: string; projectId: string; url: URL },
  ): Promise<RevealedCredential> {
    const row = await queries.findCredential(this.#db, use.organizationId, id);
    if (!row || (row.project_id !== null && row.project_id !== use.projectId))
      throw notFound("Credential", id);
    const { origin, password } = this.#open(row);
    if (origin !== use.url.origin) throw wrongOrigin(id, origin);
    await queries.touchCredential(this.#db, id);
    return { origin, username: row.username, password };
  }

  async #findUsable(db: Tx, principal: Principal, id: string) {
    const row = await queries.findCredential(db, principal.organizationId, id);
    if (!row || !may(principal, "credential:write", { projectId: row.project_id }))
      throw notFound("Credential", id);
    return row;
  }

  #open(row: queries.CredentialRow): Sealed {
    return JSON.parse(this.#cipher.decrypt(row.id, row.secret).toString("utf8")) as Sealed;
  }

  #view(row: queries.CredentialRow): Credential {
    return {
      id: row.id,
      name: row.name,
      kind: row.kind,
      url: this.#open(row).origin,
      username: row.username,
      project: row.project_name,
      createdAt: row.created_at.toISOString(),
      lastUsedAt: row.last_used_at?.toISOString() ?? null,
    };
  }
}

function wrongOrigin(id: string, origin: string): RoostError {
  const fault = { field: "program.git.credential", message: `${id} is for ${origin} only` };
  return new RoostError("invalid", `${fault.field}: ${fault.message}`, { faults: [fault] });
}
