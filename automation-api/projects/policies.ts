import { checkSettings, rules, SettingsError } from "../../policies/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import type { ForcedPolicies } from "./contract.ts";
import { findProject } from "./ensure.ts";
import * as queries from "./queries.ts";

/** Policies that the platform runs on every update of a project, whoever asks for it. */
export class ProjectPolicies {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** null: none are forced. */
  async find(principal: Principal, name: string): Promise<ForcedPolicies | null> {
    const { id } = await findProject(this.#db, principal, name);
    return queries.findPolicies(this.#db, id);
  }

  /** @throws invalid naming each setting that is wrong */
  async set(
    principal: Principal,
    name: string,
    policies: ForcedPolicies | null,
    requestId?: string,
  ): Promise<void> {
    const { id } = await findProject(this.#db, principal, name);
    authorize(principal, "policy:write", { projectId: id });
    if (policies) requireRight(policies);
    await transaction(this.#db, async (tx) => {
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

function requireRight({ settings }: ForcedPolicies): void {
  try {
    checkSettings(rules, settings);
  } catch (cause) {
    if (!(cause instanceof SettingsError)) throw cause;
    const faults = [{ field: "settings", message: cause.message }];
    throw new RoostError("invalid", cause.message, { cause, faults });
  }
}
