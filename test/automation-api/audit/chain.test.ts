import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import type { SystemPrincipal } from "../../../automation-api/access/permissions.ts";
import { ensureFirstAdmin, systemPrincipal } from "../../../automation-api/access/service.ts";
import { chainHash } from "../../../automation-api/audit/domain.ts";
import { readChain } from "../../../automation-api/audit/queries.ts";
import { Heads, record, rotateAuditKey, Sealer, verifyAudit } from "../../../automation-api/audit/service.ts";
import { transaction } from "../../../automation-api/db/transaction.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";
import { sealAll } from "../../support/sealing.ts";

let database: TestDatabase;
let dataFolder: string;
let heads: Heads;
let sealer: Sealer;
let principal: SystemPrincipal;

beforeEach(async () => {
  database = await testDatabase();
  dataFolder = await mkdtemp(path.join(tmpdir(), "roost-audit-"));
  heads = new Heads(dataFolder);
  sealer = newSealer();
  const first = await ensureFirstAdmin(database.db, {
    ROOST_ORGANIZATION: "roost",
    ROOST_ADMIN_TOKEN: "x".repeat(32),
    ROOST_DATA_DIR: dataFolder,
  });
  principal = await systemPrincipal(database.db, first.organization);
});
afterEach(async () => {
  await database.close();
  await rm(dataFolder, { recursive: true, force: true });
});

function newSealer(): Sealer {
  return new Sealer({
    db: database.db,
    heads,
    onError: (error) => {
      throw error;
    },
  });
}

async function write(count: number, name = "thing"): Promise<void> {
  for (let index = 0; index < count; index++) {
    const entry = { action: "thing.change", object: `${name}-${index}`, phase: "result" as const };
    await transaction(database.db, (tx) =>
      record(tx, principal, { ...entry, detail: { index, text: "ünï" } }),
    );
  }
}

/** What an intruder with full rights on the database can do: the triggers do not hold them. */
async function tamper(statement: string): Promise<void> {
  const client = await database.connect();
  await client.query("SET session_replication_role = replica");
  await client.query(statement);
  await client.end();
}

const verify = () => verifyAudit(database.db, heads, principal);

describe("a chain", () => {
  test("of untouched rows holds, and tells how far it reaches", async () => {
    await write(5);
    expect(await verify()).toMatchObject({ ok: true, sealedRows: "0", unsealedRows: 6 });
    await sealAll(sealer, database.db);
    await sealer.sign();
    expect(await verify()).toMatchObject({
      ok: true,
      sealedRows: "6",
      unsealedRows: 0,
      checkpoints: 1,
      lastCheckpoint: { sequence: "6" },
      faults: [],
      warnings: [],
    });
  });

  test("is only sealed where every older transaction is over, and leaves no row out", async () => {
    const slow = await database.connect();
    await slow.query("BEGIN");
    await slow.query(
      `INSERT INTO audit (organization_id, actor_id, actor, action, object, phase) VALUES ($1, 'a', 'a', 'slow', 'x', 'intent')`,
      [principal.organizationId],
    );
    await write(3);
    const before = (await sealAll(sealer, database.db, 3)) + (await sealer.seal());
    await slow.query("COMMIT");
    await slow.end();
    const after = await sealAll(sealer, database.db);
    // The row of the first start is older than the slow transaction.
    expect([before, after]).toEqual([1, 4]);
    expect(await verify()).toMatchObject({ ok: true, sealedRows: "5", unsealedRows: 0 });
  });

  test("written by many at once and sealed by three sealers has each row once", async () => {
    const sealers = [sealer, newSealer(), newSealer()];
    let writing = true;
    const sealing = sealers.map(async (one) => {
      while (writing) await one.seal();
    });
    await Promise.all(["a", "b", "c", "d"].map((name) => write(40, name)));
    writing = false;
    await Promise.all(sealing);
    await sealAll(sealer, database.db);
    expect(await verify()).toMatchObject({ ok: true, sealedRows: "161", unsealedRows: 0 });
  });

  test("cannot be changed by the server itself", async () => {
    await write(1);
    await sealAll(sealer, database.db);
    for (const statement of [
      "UPDATE audit SET actor = 'x'",
      "DELETE FROM audit_seal",
      "TRUNCATE audit_seal",
    ]) {
      await expect(sql.raw(statement).execute(database.db)).rejects.toThrow(/append-only/);
    }
  });
});

describe("verification finds", () => {
  beforeEach(async () => {
    await write(9);
    await sealAll(sealer, database.db);
    await sealer.sign();
    await write(5, "late");
    await sealAll(sealer, database.db);
    await sealer.sign();
  });

  const cases: [string, string, object][] = [
    [
      "an edited row",
      "UPDATE audit SET actor = 'somebody' WHERE id = (SELECT audit_id FROM audit_seal WHERE sequence = 4)",
      { kind: "edited", sequence: "4" },
    ],
    [
      "an edited detail",
      "UPDATE audit SET detail = '{}' WHERE id = (SELECT audit_id FROM audit_seal WHERE sequence = 7)",
      { kind: "edited", sequence: "7" },
    ],
    [
      "a row that is gone",
      "DELETE FROM audit WHERE id = (SELECT audit_id FROM audit_seal WHERE sequence = 3)",
      { kind: "missing", sequence: "3" },
    ],
    [
      "a gap",
      "DELETE FROM audit_seal WHERE sequence IN (5, 6)",
      { kind: "gap", sequence: "7", message: "rows 5 to 6 are gone" },
    ],
    ["a cut tail", "DELETE FROM audit_seal WHERE sequence > 12", { kind: "cut-tail", sequence: "13" }],
  ];
  test.each(cases)("%s", async (_name, statement, fault) => {
    await tamper(statement);
    const found = await verify();
    expect(found.ok).toBe(false);
    expect(found.faults[0]).toMatchObject(fault);
  });

  test("a chain that was computed anew from an edited row on", async () => {
    await tamper(
      "UPDATE audit SET actor = 'somebody' WHERE id = (SELECT audit_id FROM audit_seal WHERE sequence = 12)",
    );
    await restamp();
    const found = await verify();
    // Rows 1 to 10 lie under the first signed head, which still fits.
    expect(found.faults).toEqual([expect.objectContaining({ kind: "restamped", sequence: "11" })]);
  });

  test("what was changed in the file of heads, but takes a rotated key", async () => {
    const rotated = await rotateAuditKey(database.db, heads, principal, "req_1");
    await write(1, "after");
    await sealAll(sealer, database.db);
    await sealer.sign();
    expect(await verify()).toMatchObject({ ok: true, checkpoints: 3 });
    expect(rotated.before).not.toBe(rotated.after);
    const text = await readFile(heads.file, "utf8");
    await writeFile(heads.file, text.replace('"sequence":"10"', '"sequence":"11"'));
    const found = await verify();
    expect(found.faults[0]).toMatchObject({
      kind: "bad-signature",
      message: expect.stringContaining("line 2"),
    });
    await writeFile(heads.file, text);
    await appendFile(heads.file, "{}\n");
    expect((await verify()).faults[0]).toMatchObject({ kind: "bad-signature" });
  });

  test("nothing for who may not read the trail", async () => {
    const stranger = { ...principal, kind: "account" as const, tokenId: "t", scopes: null, bindings: [] };
    await expect(verifyAudit(database.db, heads, stranger)).rejects.toMatchObject({ code: "forbidden" });
  });
});

test("the signing key lies in a file that only its owner reads", async () => {
  await write(1);
  await sealAll(sealer, database.db);
  await sealer.sign();
  expect((await stat(path.join(dataFolder, "audit", "key.pem"))).mode & 0o777).toBe(0o600);
});

test("a chain longer than one batch is sealed and verified whole", async () => {
  await sql`INSERT INTO audit (organization_id, actor_id, actor, action, object, phase, detail)
    SELECT ${principal.organizationId}, 'acc', 'admin', 'thing.change', 'thing-' || n, 'result', json_build_object('n', n)
    FROM generate_series(1, 12000) n`.execute(database.db);
  expect(await sealAll(sealer, database.db)).toBe(12_001);
  const found = await verify();
  expect(found).toMatchObject({ ok: true, sealedRows: "12001" });
  expect(found.warnings).toEqual([expect.stringContaining("No signed head")]);
});

/** Gives every seal the hash that it would have had, as who knows our code could. */
async function restamp(): Promise<void> {
  let previous: Buffer = Buffer.alloc(32);
  for (const { sequence, previousHash: _, hash: __, gone: ___, ...row } of await readChain(
    database.db,
    principal.organizationId,
    "0",
    1000,
  )) {
    const hash = chainHash(sequence, previous, row);
    await tamper(
      `UPDATE audit_seal SET previous_hash = '\\x${previous.toString("hex")}', hash = '\\x${hash.toString("hex")}' WHERE sequence = ${sequence}`,
    );
    previous = hash;
  }
}
