import { sql } from "kysely";
import type { Sealer } from "../../automation-api/audit/service.ts";
import type { Db } from "../../automation-api/db/transaction.ts";
import { until } from "./processes.ts";

/**
 * Seals until at most `but` audit rows are left without a seal. A sealer waits for every older transaction of the
 * whole cluster, and other tests have theirs in it.
 * @returns how many were sealed
 */
export async function sealAll(sealer: Sealer, db: Db, but = 0): Promise<number> {
  let sealed = 0;
  await until(
    `no more than ${but} audit rows are unsealed`,
    async () => {
      sealed += await sealer.seal();
      const { rows } = await sql<{ left: number }>`
        SELECT count(*)::int AS left FROM audit
        WHERE NOT EXISTS (SELECT 1 FROM audit_seal WHERE audit_id = audit.id)`.execute(db);
      return rows[0]!.left <= but;
    },
    60,
  );
  return sealed;
}
