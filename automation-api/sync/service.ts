import { ownAccount } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import type { Pulled, PullRequest, Pushed, PushRequest } from "./contract.ts";
import { advance, emptyIndex, type Index, indexSchema, limits, revisionOf } from "./domain.ts";
import type { SyncStore } from "./store.ts";

export type { SyncStore } from "./store.ts";
export { openSyncStore } from "./stores/index.ts";

/** Swaps that another push of the same account may win before one gives up. */
const tries = 5;

/** An account's own shells, the same on each of its machines. What is kept was encrypted before it came. */
export class Sync {
  readonly #db: Db;
  readonly #store: SyncStore;

  constructor(db: Db, store: SyncStore) {
    this.#db = db;
    this.#store = store;
  }

  /**
   * Makes a document the current one.
   * @throws conflict when another one was pushed since `base`.
   */
  async push(principal: Principal, request: PushRequest, requestId?: string): Promise<Pushed> {
    const { name, document, base } = request;
    const place = placeOf(principal);
    const revision = revisionOf(document);
    const audit = (phase: "intent" | "result", result?: string) =>
      transaction(this.#db, (tx) =>
        record(tx, principal, {
          action: "shell.push",
          object: name,
          phase,
          result,
          detail: { revision, base },
          requestId,
        }),
      );
    await audit("intent");
    try {
      const index = await this.#advance(place, { name, revision, base, document });
      await audit("result");
      return { name, ...shellOf(index, name) };
    } catch (error) {
      await audit("result", "failed");
      throw error;
    }
  }

  /** @throws not_found where nothing was pushed, or the revision is not kept any more. */
  async pull(principal: Principal, { name, revision }: PullRequest): Promise<Pulled> {
    const place = placeOf(principal);
    const { index } = await this.#read(place);
    if (!Object.hasOwn(index.shells, name)) throw notFound("shell", name);
    const shell = shellOf(index, name);
    const wanted = revision ?? shell.current;
    const isKept = shell.versions.some((each) => each.revision === wanted);
    const found = isKept ? await this.#store.read(`${place}/${wanted}.age`) : undefined;
    if (!found) throw notFound("revision", wanted);
    return { name, ...shell, revision: wanted, document: found.text };
  }

  async #advance(
    place: string,
    push: { name: string; revision: string; base: string | null; document: string },
  ): Promise<Index> {
    for (let attempt = 1; attempt <= tries; attempt++) {
      const { index, tag } = await this.#read(place);
      const next = advance(index, { ...push, at: new Date() });
      if (next.kind === "same") return index;
      if (next.kind === "too-many") {
        throw new RoostError("conflict", `An account has ${limits.shells} shells at most.`);
      }
      if (next.kind === "conflict") {
        throw new RoostError(
          "conflict",
          next.current
            ? `Another machine has pushed ${push.name} since: pull ${next.current.slice(0, 12)}, bring both together, and push that.`
            : `Nothing of ${push.name} is here to begin from: push it with no base.`,
        );
      }
      const swapped = await this.#store.swap({
        key: `${place}/index.json`,
        text: JSON.stringify(next.index),
        tag,
        with: { [`${place}/${push.revision}.age`]: push.document },
        without: next.forgotten
          .filter((revision) => !isUsed(next.index, revision))
          .map((revision) => `${place}/${revision}.age`),
      });
      if (swapped) return next.index;
    }
    throw new RoostError("conflict", "Other machines push at this very moment: try again.", {
      retryAfterSeconds: 1,
    });
  }

  async #read(place: string): Promise<{ index: Index; tag: string | null }> {
    const found = await this.#store.read(`${place}/index.json`);
    if (!found) return { index: emptyIndex, tag: null };
    return { index: indexSchema.parse(JSON.parse(found.text)), tag: found.tag };
  }
}

function placeOf(principal: Principal): string {
  return `shells/${ownAccount(principal, "Shells")}`;
}

function shellOf(index: Index, name: string): Index["shells"][string] {
  const shell = index.shells[name];
  if (!shell) throw notFound("shell", name);
  return shell;
}

/** Two shells may hold the same document. */
const isUsed = ({ shells }: Index, revision: string) =>
  Object.values(shells).some(({ versions }) => versions.some((each) => each.revision === revision));
