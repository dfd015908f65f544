import {
  type AliasKind,
  type IncomingAlias,
  keyOf,
  mergeAliases,
} from "../../host-provisioning/terminal/index.ts";
import { ownAccount } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { invalid, notFound } from "../errors.ts";
import type { AliasList, ImportedAliases } from "./contract.ts";
import * as queries from "./queries.ts";
import { type ImportRequest, mostAliases } from "./requests.ts";

/** An account's own aliases, gathered from its machines. */
export class Aliases {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async list(principal: Principal): Promise<AliasList> {
    const kept = await queries.listAliases(this.#db, ownAccount(principal, "Aliases"));
    return {
      items: kept.map(({ definition, hides, imported_at }) => ({
        ...definition,
        hides,
        importedAt: imported_at.toISOString(),
      })),
    };
  }

  /** All of them, as a shell takes them. */
  async kept(principal: Principal): Promise<IncomingAlias[]> {
    const kept = await queries.listAliases(this.#db, ownAccount(principal, "Aliases"));
    return kept.map(({ definition, hides }) => ({ ...definition, hides: hides ?? undefined }));
  }

  /**
   * Brings aliases into the registry; one of the same name with another expansion stays unless `replace` says so.
   * @throws invalid when the registry would become too large.
   */
  import(principal: Principal, request: ImportRequest, requestId?: string): Promise<ImportedAliases> {
    const { aliases, replace, dryRun } = request;
    const owner = ownAccount(principal, "Aliases");
    return transaction(this.#db, async (tx) => {
      await queries.lockAliases(tx, owner);
      const kept = await queries.listAliases(tx, owner);
      const merged = mergeAliases(
        kept.map(({ definition }) => definition),
        aliases,
        replace,
      );
      if (merged.registry.length > mostAliases)
        throw invalid("aliases", `make the registry larger than ${mostAliases}`);
      if (dryRun) return merged;
      const hidden = new Map(aliases.map((alias) => [keyOf(alias), alias.hides]));
      const taken = merged.conflicts.filter((conflict) => conflict.taken).map(({ after }) => after);
      const written = [...merged.added, ...taken].map((alias) => ({
        alias,
        hides: hidden.get(keyOf(alias)),
      }));
      await queries.putAliases(tx, owner, written);
      await record(tx, principal, {
        action: "alias.import",
        object: owner,
        phase: "result",
        detail: { added: merged.added.length, replaced: taken.length },
        requestId,
      });
      return merged;
    });
  }

  /** @throws not_found */
  remove(principal: Principal, kind: AliasKind, name: string, requestId?: string): Promise<void> {
    const owner = ownAccount(principal, "Aliases");
    return transaction(this.#db, async (tx) => {
      if (!(await queries.deleteAlias(tx, owner, kind, name))) throw notFound("alias", name);
      await record(tx, principal, {
        action: "alias.delete",
        object: owner,
        phase: "result",
        detail: { kind, name },
        requestId,
      });
    });
  }
}
