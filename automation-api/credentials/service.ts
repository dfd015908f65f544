import { authorize, may, visibleProjects } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import { findProject } from "../projects/service.ts";
import type { Credential, NewCredential } from "./contract.ts";
import * as queries from "./queries.ts";
import { type PublicKey, readPrivateKey } from "./ssh-key.ts";

export { type PublicKey, publicKeyTypes, readPublicKey } from "./ssh-key.ts";

/** Encrypts under a key that belongs to one id alone. */
export interface IdCipher {
  encrypt(id: string, plaintext: Buffer): Buffer;
  decrypt(id: string, ciphertext: Buffer): Buffer;
}

/** What is encrypted: the password, and the one address it may be sent to, so that the two cannot be parted. */
interface SealedPassword {
  origin: string;
  password: string;
}

/** Which machine it may go to is settled by that host's pinned key; a private key never leaves our agent. */
type SealedLogin = { privateKey: string } | { password: string };

type Sealed = SealedPassword | SealedLogin;

/** What a host is logged in to with. */
export type HostLogin = { privateKey: string; publicKey: string } | { password: string };

export interface RevealedCredential {
  /** Scheme, host and port that it may be sent to. */
  origin: string;
  username: string;
  password: string;
}

/** Passwords that git needs, keys and passwords that hosts need, kept encrypted; no reply ever holds one. */
export class Credentials {
  readonly #db: Db;
  readonly #cipher: IdCipher;

  constructor(db: Db, cipher: IdCipher) {
    this.#db = db;
    this.#cipher = cipher;
  }

  async create(principal: Principal, input: NewCredential, requestId?: string): Promise<Credential> {
    const id = newId("crd");
    const sealed = seal(input);
    const row = await transaction(this.#db, async (tx) => {
      const project = input.project === null ? undefined : await findProject(tx, principal, input.project);
      authorize(principal, "credential:write", { projectId: project?.id ?? null });
      await queries.insertCredential(tx, {
        id,
        organization_id: principal.organizationId,
        project_id: project?.id ?? null,
        name: input.name,
        kind: input.kind,
        username: input.kind === "git" ? (input.username ?? "git") : "",
        secret: this.#encrypt(id, sealed),
      });
      await record(tx, principal, {
        action: "credential.create",
        object: id,
        phase: "result",
        detail: { name: input.name, kind: input.kind, ...publicFacts(sealed), project: input.project },
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
      await queries.lockCredential(tx, id);
      const row = await this.#findUsable(tx, principal, id);
      const hosts = await queries.hostsWith(tx, id);
      if (hosts.length > 0) {
        throw new RoostError("conflict", `${id} is how these hosts are logged in to: ${hosts.join(", ")}.`);
      }
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

  /** Replaces what is secret: a password for git at the same address, a key by one of any type. */
  async rotate(principal: Principal, id: string, secret: string, requestId?: string): Promise<Credential> {
    const row = await transaction(this.#db, async (tx) => {
      const before = await this.#findUsable(tx, principal, id);
      const old = this.#open(before);
      if ("password" in old && /\p{Cc}/u.test(secret))
        throw invalid("secret", "must be one line without control characters");
      const sealed = "password" in old ? { ...old, password: secret } : { privateKey: secret };
      const facts = publicFacts(sealed, "secret");
      await queries.replaceSecret(tx, id, this.#encrypt(id, sealed));
      await record(tx, principal, {
        action: "credential.rotate",
        object: id,
        phase: "result",
        detail: { name: before.name, ...facts },
        requestId,
      });
      return queries.findCredential(tx, principal.organizationId, id);
    });
    return this.#view(row as queries.CredentialRow);
  }

  /**
   * Checks that `principal` may let a host be logged in to with this credential.
   * @throws not_found, and invalid when it is none for hosts or belongs to a project, as hosts do not.
   */
  async checkHostUse(tx: Tx, principal: Principal, id: string): Promise<void> {
    await queries.lockCredential(tx, id);
    const row = await this.#findUsable(tx, principal, id);
    if (row.kind !== "ssh") throw invalid("credential", `${id} is for git`);
    if (row.project_id !== null)
      throw invalid("credential", `${id} is for the project ${row.project_name} only`);
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
    if (row.kind !== "git") throw wrongKind(id);
    const { origin } = this.#openPassword(row);
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
    if (row.kind !== "git") throw wrongKind(id);
    const { origin, password } = this.#openPassword(row);
    if (origin !== use.url.origin) throw wrongOrigin(id, origin);
    await queries.touchCredential(this.#db, id, use.projectId);
    return { origin, username: row.username, password };
  }

  /**
   * The key to log in to the host `hostId` with, and its public half; or the password.
   * @throws not_found when it was deleted.
   */
  async revealLogin(id: string, use: { organizationId: string; hostId: string }): Promise<HostLogin> {
    const row = await queries.findCredential(this.#db, use.organizationId, id);
    if (row?.kind !== "ssh") throw notFound("Credential", id);
    const login = this.#open(row) as SealedLogin;
    await queries.touchCredential(this.#db, id, use.hostId);
    if ("password" in login) return login;
    return { ...login, publicKey: readPrivateKey(login.privateKey, "privateKey").line };
  }

  async #findUsable(db: Tx, principal: Principal, id: string) {
    const row = await queries.findCredential(db, principal.organizationId, id);
    if (!row || !may(principal, "credential:write", { projectId: row.project_id }))
      throw notFound("Credential", id);
    return row;
  }

  #encrypt(id: string, sealed: Sealed): Buffer {
    return this.#cipher.encrypt(id, Buffer.from(JSON.stringify(sealed)));
  }

  #open(row: queries.CredentialRow): Sealed {
    return JSON.parse(this.#cipher.decrypt(row.id, row.secret).toString("utf8"));
  }

  #openPassword(row: queries.CredentialRow): SealedPassword {
    return this.#open(row) as SealedPassword;
  }

  #view(row: queries.CredentialRow): Credential {
    const facts = publicFacts(this.#open(row));
    return {
      id: row.id,
      name: row.name,
      kind: row.kind,
      url: facts.url ?? null,
      username: row.kind === "git" ? row.username : null,
      publicKey: facts.publicKey ?? null,
      project: row.project_name,
      createdAt: row.created_at.toISOString(),
      rotatedAt: row.rotated_at?.toISOString() ?? null,
      lastUsedAt: row.last_used_at?.toISOString() ?? null,
      lastUsedBy: row.last_used_by,
    };
  }
}

function seal({ kind, url, password, privateKey }: NewCredential): Sealed {
  if (kind === "git") return { origin: new URL(url as string).origin, password: password as string };
  return privateKey === undefined ? { password: password as string } : { privateKey };
}

/**
 * What anybody may see of a secret.
 * @param field named in the error about a key that cannot be read.
 */
function publicFacts(sealed: Sealed, field = "privateKey"): { url?: string; publicKey?: PublicKey["line"] } {
  if ("origin" in sealed) return { url: sealed.origin };
  return "privateKey" in sealed ? { publicKey: readPrivateKey(sealed.privateKey, field).line } : {};
}

function wrongKind(id: string): RoostError {
  return invalid("program.git.credential", `${id} is for hosts`);
}

function wrongOrigin(id: string, origin: string): RoostError {
  const fault = { field: "program.git.credential", message: `${id} is for ${origin} only` };
  return new RoostError("invalid", `${fault.field}: ${fault.message}`, { faults: [fault] });
}
