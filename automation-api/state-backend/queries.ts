import { type Db, transaction } from "../db/transaction.ts";
import { endUpdate, putUpload, readWritten } from "./queries/endings.ts";
import { appendEvents, appendJournal, renewLease } from "./queries/leases.ts";
import { recordAll } from "./queries/locks.ts";
import { retain, undeleteStack } from "./queries/retention.ts";
import {
  createStack,
  deleteStack,
  findNames,
  findProject,
  findStack,
  listStacks,
  renameStack,
  replaceTags,
} from "./queries/stacks.ts";
import { createUpdate, findOrphans, findUpdate, history, startUpdate } from "./queries/updates.ts";
import { findContent, findUpdateContent, importContent } from "./queries/versions.ts";
import type { StateStore } from "./store.ts";

const statements = {
  findProject,
  findNames,
  findStack,
  listStacks,
  createStack,
  replaceTags,
  renameStack,
  deleteStack,
  undeleteStack,
  createUpdate,
  startUpdate,
  findUpdate,
  history,
  renewLease,
  appendJournal,
  putUpload,
  appendEvents,
  endUpdate,
  findContent,
  findUpdateContent,
  readWritten,
  importContent,
  findOrphans,
  retain,
};

/** The store on PostgreSQL; any number of processes may use one database. */
export function createPostgresStore(db: Db): StateStore {
  const bound = Object.entries(statements).map(([name, statement]) => [
    name,
    (...given: unknown[]) => (statement as (db: Db, ...given: unknown[]) => unknown)(db, ...given),
  ]);
  return {
    ...(Object.fromEntries(bound) as Omit<StateStore, "record">),
    record: (line) => transaction(db, (tx) => recordAll(tx, [line])),
  };
}
