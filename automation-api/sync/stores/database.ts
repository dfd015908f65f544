import type { Db } from "../../db/transaction.ts";
import { readObject, swapObject } from "../queries.ts";
import type { SyncStore } from "../store.ts";

/** Where nothing else is set: the rows of the control plane's own database. */
export function databaseStore(db: Db): SyncStore {
  return { read: (key) => readObject(db, key), swap: (swap) => swapObject(db, swap) };
}
