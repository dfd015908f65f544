import { randomBytes } from "node:crypto";
import { authorize, may, visibleProjects } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { hashToken } from "../access/service.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { Announcer, notify } from "../db/notify.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type { Extension, Identity, NewSession, Session, SessionQuery, TaskEvent } from "./contract.ts";
import * as credentials from "./credential-queries.ts";
import * as queries from "./queries.ts";
import { type ViewSettings, viewSession } from "./views.ts";

export { introduceAll } from "./introducer.ts";
export { Keeper } from "./keeper.ts";
export { Launches } from "./launches.ts";
export { sessionLog, streamLog } from "./log.ts";
export { type RunningProxy, startProxy } from "./proxy/server.ts";

/** A browser has so long to come with its ticket. */
const ticketSeconds = 30;

/** Encrypts under a key that belongs to one id alone. */
export interface IdCipher {
  encrypt(id: string, plaintext: Buffer): Buffer;
  decrypt(id: string, ciphertext: Buffer): Buffer;
}

export interface SessionDependencies {
  db: Db;
  cipher: IdCipher;
  view: ViewSettings;
  /** Told of each claim: whether its user had to wait, and how long it took. */
  onClaim?(claim: { template: string; missed: boolean; seconds: number }): void;
  /** Tells the workload of a session whom it works for, soon. */
  introduce?(sessionId: string): void;
}

/** Users' side of sessions: claimed, seen, extended and ended here. The keeper starts and stops what they are. */
export class Sessions {
  readonly #deps: SessionDependencies;
  readonly #announcer: Announcer;

  constructor(deps: SessionDependencies) {
    this.#deps = deps;
    this.#announcer = new Announcer(deps.db);
  }

  /**
   * Gives a user a session: one that waits in the pool, else one that is being started, else a new one. One
   * transaction holds quota, claim, the end of every earlier way into it, and the audit line.
   * @returns active: it is there; else its user has to wait.
   * @throws conflict when the user, or the template, has as many as there may be.
   */
  async create(principal: Principal, input: NewSession, requestId?: string): Promise<Session> {
    const began = performance.now();
    const { organizationId, accountId } = principal;
    const template = await queries.findTemplate(this.#deps.db, organizationId, input.template);
    const scope = { projectId: template?.project_id };
    if (!template || !(may(principal, "session:create", scope) || may(principal, "template:read", scope))) {
      throw notFound("Template", input.template);
    }
    authorize(principal, "session:create", scope);
    const owner = input.user ?? principal.name;
    if (owner !== principal.name) authorize(principal, "session:manage", scope);
    if (input.secrets && !template.introduce) {
      throw invalid("secrets", `has no way to its workload: ${template.name} has no introducePath`);
    }
    const claimer = { owner, requesterId: accountId, introduce: template.introduce };
    const session = await transaction(this.#deps.db, async (tx) => {
      await this.#checkQuota(tx, template, owner);
      const warm = await queries.claimWarm(tx, template, claimer);
      const id = warm?.id ?? (await this.#wait(tx, template, claimer));
      if (input.secrets) {
        const sealed = this.#deps.cipher.encrypt(id, Buffer.from(JSON.stringify(input.secrets)));
        await queries.keepClaimSecrets(tx, id, sealed);
      }
      await record(tx, principal, {
        action: "session.create",
        object: id,
        phase: warm ? "result" : "intent",
        detail: { template: template.name, user: owner, warm: warm !== undefined },
        requestId,
      });
      return warm ? viewSession(warm, this.#deps.view) : this.#read(tx, organizationId, id);
    });
    // The pool has one less, or one is waited for.
    this.#announcer.announce("session", template.id);
    const missed = session.state !== "active";
    this.#deps.onClaim?.({ template: template.name, missed, seconds: (performance.now() - began) / 1000 });
    if (!missed && template.introduce) this.#deps.introduce?.(session.id);
    return session;
  }

  async list(principal: Principal, query: SessionQuery): Promise<Page<Session>> {
    const { user, template, state, live, limit } = query;
    const manages = visibleProjects(principal, "session:manage");
    const isOwn = user === principal.name || manages?.length === 0;
    if (isOwn && user !== undefined && user !== principal.name) return { items: [], nextCursor: null };
    const rows = await queries.listSessions(this.#deps.db, {
      organizationId: principal.organizationId,
      projects: isOwn ? visibleProjects(principal, "session:create") : manages,
      owner: isOwn ? principal.name : (user ?? null),
      template,
      state,
      launchPlace: this.#launchPlace,
      live: live === undefined ? undefined : live === "true",
      below: decodeCursor(query.cursor, /^ses_[0-9a-z]{26}$/),
      limit: limit + 1,
    });
    return pageOf(
      rows,
      limit,
      (row) => row.id,
      (row) => viewSession(row, this.#deps.view),
    );
  }

  /** @throws not_found, also for what the principal may not see. */
  async find(principal: Principal, id: string): Promise<Session> {
    return viewSession(await this.findRow(principal, id), this.#deps.view);
  }

  /** The row, for the noun's own files. @throws not_found, also for what the principal may not see. */
  async findRow(principal: Principal, id: string): Promise<queries.SessionRow> {
    const [row] = await this.#rows(this.#deps.db, principal.organizationId, id);
    if (!row || !isTheirs(principal, row)) throw notFound("Session", id);
    return row;
  }

  /**
   * Ends a session: its address and every way into it die with the transaction, what runs is stopped by its stack.
   * Ending one again is harmless.
   */
  async end(principal: Principal, id: string, requestId?: string): Promise<Session> {
    return transaction(this.#deps.db, async (tx) => {
      const row = await this.#lock(tx, principal, id);
      const reason = row.owner === principal.name ? "user" : "admin";
      if (await queries.endSession(tx, id, reason)) {
        const detail = { template: row.template, user: row.owner, reason };
        await record(tx, principal, {
          action: "session.end",
          object: id,
          phase: "intent",
          detail,
          requestId,
        });
        await notify(tx, "session", row.template_id);
        await notify(tx, "session_end", id);
      }
      return this.#read(tx, principal.organizationId, id);
    });
  }

  /** @throws conflict when it is over, or nobody's. */
  async extend(principal: Principal, id: string, input: Extension, requestId?: string): Promise<Session> {
    return transaction(this.#deps.db, async (tx) => {
      const row = await this.#lock(tx, principal, id);
      const seconds = input.seconds ?? row.life_seconds;
      if (seconds > row.life_seconds) {
        throw invalid("seconds", "is more than the template allows", {
          allowed: `at most ${row.life_seconds}`,
        });
      }
      if (!(await queries.extendSession(tx, id, seconds))) {
        throw new RoostError("conflict", `Session ${id} cannot be extended: it is ${row.state}.`);
      }
      const detail = { template: row.template, user: row.owner, seconds };
      await record(tx, principal, {
        action: "session.extend",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
      return this.#read(tx, principal.organizationId, id);
    });
  }

  /**
   * A single-use way into a session for a browser: the address at which the proxy swaps it for a cookie.
   * @throws conflict when the session is not ready.
   */
  async open(principal: Principal, id: string): Promise<{ url: string; expiresInSeconds: number }> {
    const session = await this.find(principal, id);
    const ticket = randomBytes(32).toString("base64url");
    const made = await credentials.insertCredential(this.#deps.db, {
      hash: hashToken(ticket),
      sessionId: id,
      kind: "ticket",
      tokenId: principal.kind === "account" ? principal.tokenId : null,
      seconds: ticketSeconds,
    });
    if (!made || session.url === null) {
      throw new RoostError("conflict", `Session ${id} cannot be opened: it is ${session.state}.`);
    }
    return {
      url: new URL(`/.roost/ticket?ticket=${ticket}`, session.url).href,
      expiresInSeconds: ticketSeconds,
    };
  }

  /**
   * Has the tasks of our cluster compared with the ledger soon. Changes nothing by itself, so nothing is written: who
   * may do no more than this cannot say anything untrue.
   * @throws invalid for another cluster than the one that sessions are started in
   */
  async report(principal: Principal, { cluster }: TaskEvent): Promise<void> {
    authorize(principal, "session:report");
    if (this.#launchPlace !== `ecs ${cluster}`) {
      throw invalid("cluster", "is not the one that this server starts sessions in");
    }
    await notify(this.#deps.db, "session_target", "ecs");
  }

  /** What a workload gets for its one-time token: whom it works for, and what came with the claim. */
  async identify(id: string, token: string): Promise<Identity> {
    return transaction(this.#deps.db, async (tx) => {
      const taken = await credentials.takeCredential(tx, {
        hash: hashToken(token),
        sessionId: id,
        kind: "identity",
      });
      const row = taken && (await credentials.takeIdentity(tx, id));
      if (!row)
        throw new RoostError("unauthenticated", "The token is unknown here, was used, or is too old.");
      const { claim_secrets: sealed } = row;
      const secrets =
        sealed === null ? {} : JSON.parse(this.#deps.cipher.decrypt(id, sealed).toString("utf8"));
      return { session: id, user: row.owner, secrets, expiresAt: row.expires_at.toISOString() };
    });
  }

  async #checkQuota(tx: Tx, template: queries.ClaimTemplate, owner: string): Promise<void> {
    const { id, project_id: projectId, most_per_user: perUser, most_in_all: inAll, name } = template;
    await queries.lockQuota(tx, projectId, owner);
    const owned = await queries.countOwned(tx, projectId, owner);
    if (owned >= perUser) {
      throw new RoostError(
        "conflict",
        `${owner} has ${owned} session(s), which is the most of ${name}: end one first.`,
      );
    }
    if (inAll === null) return;
    // No user's name has a colon.
    await queries.lockQuota(tx, projectId, `template:${id}`);
    const all = await queries.countOfTemplate(tx, id);
    if (all >= inAll)
      throw new RoostError("conflict", `There are ${all} sessions of ${name}, which is the most.`);
  }

  async #wait(tx: Tx, template: queries.ClaimTemplate, claimer: queries.Claimer): Promise<string> {
    const starting = await queries.claimStarting(tx, template, claimer);
    if (starting !== undefined) return starting;
    const id = newId("ses");
    await queries.insertRequested(tx, id, template, claimer);
    return id;
  }

  async #lock(tx: Tx, principal: Principal, id: string) {
    const row = await queries.lockSession(tx, principal.organizationId, id);
    if (!row || !isTheirs(principal, row)) throw notFound("Session", id);
    return row;
  }

  get #launchPlace(): string | undefined {
    return this.#deps.view.launchLimit("ecs")?.place;
  }

  async #read(db: Db | Tx, organizationId: string, id: string): Promise<Session> {
    const [row] = await this.#rows(db, organizationId, id);
    return viewSession(row as queries.SessionRow, this.#deps.view);
  }

  /** The one of that id, or none. */
  #rows(db: Db | Tx, organizationId: string, id: string): Promise<queries.SessionRow[]> {
    const launchPlace = this.#launchPlace;
    return queries.listSessions(db, {
      organizationId,
      projects: null,
      owner: null,
      id,
      launchPlace,
      limit: 1,
    });
  }
}

/** A user's own, or anybody's for who manages them; the pool's are nobody's. */
function isTheirs(principal: Principal, row: { project_id: string; owner: string | null }): boolean {
  const scope = { projectId: row.project_id };
  if (may(principal, "session:manage", scope)) return true;
  return row.owner === principal.name && may(principal, "session:create", scope);
}
