import { checkSettings, rules, SettingsError } from "../../policies/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import type { Programs } from "../programs/service.ts";
import type { ForcedPolicies } from "./contract.ts";
import { findProject } from "./ensure.ts";
import * as queries from "./queries.ts";

/** Policies that the platform runs on every update of a project, whoever asks for it. */
export class ProjectPolicies {
  readonly #db: Db;
  readonly #programs: Programs;

  constructor(db: Db, programs: Programs) {
    this.#db = db;
    this.#programs = programs;
  }

  /** null: none are forced. */
  async find(principal: Principal, name: string): Promise<ForcedPolicies | null> {
    const { id } = await findProject(this.#db, principal, name);
    return queries.findPolicies(this.#db, id);
  }

  /**
   * Packs of the project's own are code of a user: they need the permission to run such in the project.
   * @throws invalid naming each setting that is wrong, or the pack that is none
   */
  async set(
    principal: Principal,
    name: string,
    policies: ForcedPolicies | null,
    requestId?: string,
  ): Promise<void> {
    const { id } = await findProject(this.#db, principal, name);
    authorize(principal, "policy:write", { projectId: id });
    if (policies) requireRightSettings(policies);
    const packs = policies?.packs ?? [];
    for (const { source } of packs) await this.#programs.checkReference(principal, source);
    await transaction(this.#db, async (tx) => {
      for (const { source } of packs) await this.#programs.checkUse(tx, principal, id, source);
      await queries.setPolicies(tx, id, policies);
      const detail = { project: name, policies };
      await record(tx, principal, {
        action: policies ? "project.force-policies" : "project.release-policies",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
    });
  }
}

/** @throws invalid naming each setting that is wrong */
export function requireRightSettings({ settings }: Pick<ForcedPolicies, "settings">): void {
  try {
    checkSettings(rules, settings);
  } catch (cause) {
    if (!(cause instanceof SettingsError)) throw cause;
    const faults = [{ field: "settings", message: cause.message }];
    throw new RoostError("invalid", cause.message, { cause, faults });
  }
}
