import { authorize, may, visibleProjects } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { notify } from "../db/notify.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import { ensureProject } from "../projects/service.ts";
import type { NewTemplate, Template, TemplatePatch, TemplateQuery, Workload } from "./contract.ts";
import { type ImageRules, type TargetAbilities, templateFaults } from "./domain.ts";
import * as queries from "./queries.ts";

export type { ImageRules, TargetAbilities, TargetAbility } from "./domain.ts";

/** Encrypts under a key that belongs to one id alone. */
export interface IdCipher {
  encrypt(id: string, plaintext: Buffer): Buffer;
  decrypt(id: string, ciphertext: Buffer): Buffer;
}

export interface TemplateDependencies {
  db: Db;
  cipher: IdCipher;
  abilities: TargetAbilities;
  images: ImageRules;
}

/** What sessions are made from. A change wakes the keeper, who makes pools and stacks follow. */
export class Templates {
  readonly #deps: TemplateDependencies;

  constructor(deps: TemplateDependencies) {
    this.#deps = deps;
  }

  /**
   * Makes a template. Its workload is code that runs here, so it needs the right to run code too.
   * @throws invalid with every fault.
   */
  async create(principal: Principal, input: NewTemplate, requestId?: string): Promise<Template> {
    this.#check(input, Object.keys(input.secretEnvironment));
    const id = newId("tpl");
    return transaction(this.#deps.db, async (tx) => {
      const project = await ensureProject(tx, principal, input.project, "template:write", requestId);
      authorize(principal, "program:run-code", { projectId: project.id });
      const { name, target, isolation, pool, idleSeconds, lifeSeconds, quotas } = input;
      const added = await queries.insertTemplate(
        tx,
        {
          id,
          organization_id: principal.organizationId,
          project_id: project.id,
          name,
          target,
          isolation,
          pool_floor: pool.floor,
          pool_ceiling: pool.ceiling,
          pool_paused: pool.paused,
          idle_seconds: idleSeconds,
          life_seconds: lifeSeconds,
          most_per_user: quotas.perUser,
          most_in_all: quotas.inAll,
        },
        { revision: 1, ...this.#seal(id, input.workload, input.secretEnvironment) },
      );
      if (!added) throw new RoostError("conflict", `There is a template ${name} already.`);
      const detail = {
        name,
        project: project.name,
        target,
        isolation,
        pool,
        quotas,
        ...facts(input.workload),
      };
      await record(tx, principal, {
        action: "template.create",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
      await notify(tx, "session", id);
      return this.#read(tx, principal, id);
    });
  }

  async list(principal: Principal, query: TemplateQuery): Promise<Page<Template>> {
    const rows = await queries.listTemplates(this.#deps.db, {
      organizationId: principal.organizationId,
      projects: visibleProjects(principal, "template:read"),
      name: query.name,
      after: decodeCursor(query.cursor, /^[a-z0-9-]{1,40}$/),
      limit: query.limit + 1,
    });
    return pageOf(
      rows,
      query.limit,
      (row) => row.name,
      (row) => this.#view(row),
    );
  }

  /** @throws not_found, also for what the principal may not see. */
  async find(principal: Principal, id: string): Promise<Template> {
    return this.#read(this.#deps.db, principal, id);
  }

  /**
   * Changes what is given. A changed workload is a new revision: the pool is made anew, users keep what they have.
   * @param ifMatch ETag of the version that was read; undefined: whatever is there.
   */
  async change(
    principal: Principal,
    id: string,
    patch: TemplatePatch,
    options: { ifMatch?: string; requestId?: string } = {},
  ): Promise<Template> {
    return transaction(this.#deps.db, async (tx) => {
      const row = await this.#lock(tx, principal, id);
      if (options.ifMatch !== undefined && options.ifMatch !== etagOf(row)) {
        throw new RoostError("precondition_failed", `${row.name} was changed meanwhile; read it again.`);
      }
      const workload = patch.workload ?? (row.workload as Workload);
      const pool = {
        floor: patch.pool?.floor ?? row.pool_floor,
        ceiling: patch.pool?.ceiling ?? row.pool_ceiling,
        paused: patch.pool?.paused ?? row.pool_paused,
      };
      const isolation = patch.isolation ?? row.isolation;
      const secrets = patch.secretEnvironment ?? this.#open(id, row.secret_environment);
      this.#check({ target: row.target, isolation, workload, pool }, Object.keys(secrets));
      const isNew = patch.workload !== undefined || patch.secretEnvironment !== undefined;
      if (isNew) {
        authorize(principal, "program:run-code", { projectId: row.project_id });
        const sealed = this.#seal(id, workload, secrets);
        await queries.insertRevision(tx, { template_id: id, revision: row.revision + 1, ...sealed });
      }
      await queries.updateTemplate(tx, id, {
        isolation,
        pool_floor: pool.floor,
        pool_ceiling: pool.ceiling,
        pool_paused: pool.paused,
        idle_seconds: patch.idleSeconds === undefined ? row.idle_seconds : patch.idleSeconds,
        life_seconds: patch.lifeSeconds,
        most_per_user: patch.quotas?.perUser,
        most_in_all: patch.quotas?.inAll,
        ...(isNew && { revision: row.revision + 1, failures: 0, retry_at: null }),
      });
      const { workload: _, secretEnvironment, ...rest } = patch;
      const detail = {
        ...rest,
        ...(patch.workload && facts(patch.workload)),
        ...(secretEnvironment && { secrets: Object.keys(secretEnvironment) }),
      };
      const { requestId } = options;
      await record(tx, principal, {
        action: "template.change",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
      await notify(tx, "session", id);
      return this.#read(tx, principal, id);
    });
  }

  /** @throws conflict while users have sessions of it. Its pool goes with it. */
  async remove(principal: Principal, id: string, requestId?: string): Promise<void> {
    await transaction(this.#deps.db, async (tx) => {
      const row = await this.#lock(tx, principal, id);
      const users = await queries.countUsers(tx, id);
      if (users > 0)
        throw new RoostError(
          "conflict",
          `${users} session(s) of ${row.name} belong to users: end them first.`,
        );
      await queries.updateTemplate(tx, id, { deleted_at: new Date() });
      const detail = { name: row.name };
      await record(tx, principal, {
        action: "template.delete",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
      await notify(tx, "session", id);
    });
  }

  async #lock(tx: Tx, principal: Principal, id: string) {
    const row = await queries.lockTemplate(tx, principal.organizationId, id);
    if (!row || !may(principal, "template:read", { projectId: row.project_id }))
      throw notFound("Template", id);
    authorize(principal, "template:write", { projectId: row.project_id });
    return row;
  }

  async #read(db: Db | Tx, principal: Principal, id: string): Promise<Template> {
    const { organizationId } = principal;
    const [row] = await queries.listTemplates(db, { organizationId, projects: null, id, limit: 1 });
    if (!row || !may(principal, "template:read", { projectId: row.project_id }))
      throw notFound("Template", id);
    return this.#view(row);
  }

  #check(
    input: Pick<NewTemplate, "target" | "isolation" | "workload" | "pool">,
    secretNames: string[],
  ): void {
    const faults = templateFaults(input, secretNames, this.#deps.abilities, this.#deps.images);
    if (faults.length === 0) return;
    throw new RoostError("invalid", faults.map(({ field, message }) => `${field}: ${message}`).join("; "), {
      faults,
    });
  }

  #seal(id: string, workload: Workload, secrets: Record<string, string>) {
    const isEmpty = Object.keys(secrets).length === 0;
    return {
      workload: JSON.stringify(workload),
      secret_environment: isEmpty
        ? null
        : this.#deps.cipher.encrypt(id, Buffer.from(JSON.stringify(secrets))),
    };
  }

  #open(id: string, sealed: Buffer | null): Record<string, string> {
    return sealed === null ? {} : JSON.parse(this.#deps.cipher.decrypt(id, sealed).toString("utf8"));
  }

  #view(row: queries.TemplateRow): Template {
    return {
      id: row.id,
      name: row.name,
      project: row.project,
      target: row.target,
      isolation: row.isolation,
      revision: row.revision,
      workload: row.workload,
      secretNames: Object.keys(this.#open(row.id, row.secret_environment)).sort(),
      pool: { floor: row.pool_floor, ceiling: row.pool_ceiling, paused: row.pool_paused },
      idleSeconds: row.idle_seconds,
      lifeSeconds: row.life_seconds,
      quotas: { perUser: row.most_per_user, inAll: row.most_in_all },
      sessions: { warm: row.warm, starting: row.starting, active: row.active, stopping: row.stopping },
      version: row.version,
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
    };
  }
}

/** The mark of a template's version. */
export function etagOf({ version }: { version: number }): string {
  return `"${version}"`;
}

/** What of a workload may be in the audit trail: a command line or a program may hold anything. */
function facts({ image, program, port, environment }: Workload) {
  return { image, program: program?.name, port, environment: Object.keys(environment) };
}
