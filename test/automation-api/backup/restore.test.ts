import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { ensureFirstAdmin, hashToken, systemPrincipal } from "../../../automation-api/access/service.ts";
import { Heads, Sealer, verifyAudit } from "../../../automation-api/audit/service.ts";
import { readSealed } from "../../../automation-api/backup/file.ts";
import { checkBackup, restoreBackup, writeBackup } from "../../../automation-api/backup/service.ts";
import { newId } from "../../../automation-api/db/id.ts";
import { checkMasterKey } from "../../../automation-api/master-key.ts";
import {
  createPostgresStore,
  createStackCipher,
  createStateBackend,
} from "../../../automation-api/state-backend/service.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";
import { sealAll } from "../../support/sealing.ts";

const passphrase = "a passphrase of a test";
const masterKey = randomBytes(32);
const canary = "canary-of-the-backup";

let work: string;
let source: TestDatabase;
let sourceFolder: string;
let file: string;
const ids = { stack: newId("stk"), running: newId("dep"), queued: newId("dep"), update: "upd-1" };
let adminToken: string;

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), "roost-backup-"));
  source = await testDatabase();
  sourceFolder = path.join(work, "source");
  await fill(source, sourceFolder);
  file = path.join(work, "backup");
  const options = { database: source, dataFolder: sourceFolder, masterKey, passphrase, file };
  await writeBackup(options);
}, 60_000);

afterAll(async () => {
  await source?.close();
  await rm(work, { recursive: true, force: true });
});

/** An installation with something under way: a running and a queued deployment, a lease, a ticket, a worker. */
async function fill(database: TestDatabase, folder: string): Promise<void> {
  const { db } = database;
  await mkdir(folder, { recursive: true });
  await checkMasterKey(db, masterKey);
  const first = await ensureFirstAdmin(db, { ROOST_ORGANIZATION: "roost", ROOST_DATA_DIR: folder });
  adminToken = first.token as string;
  const organization = first.organization.id;
  const { id: account } = await db
    .selectFrom("account")
    .select("id")
    .where("name", "=", "admin")
    .executeTakeFirstOrThrow();
  const project = newId("prj");
  const worker = newId("wrk");
  const secret = createStackCipher([masterKey]).encrypt(ids.stack, Buffer.from(canary)).toString("base64");
  const config = { "hello:apiKey": { string: secret, secret: true } };
  await db
    .insertInto("project")
    .values({ id: project, organization_id: organization, name: "hello" })
    .execute();
  await db
    .insertInto("stack")
    .values({ id: ids.stack, project_id: project, name: "dev", tags: "{}", config: JSON.stringify(config) })
    .execute();
  await sql`
    INSERT INTO worker (id, machine_id, pid, lock_key, slots) VALUES (${worker}, 'm', 1, 1, 2);
  `.execute(db);
  await sql`
    INSERT INTO stack_update (id, stack_id, kind, dry_run, state, version, requester_id, requester, lease_hash, lease_expires_at)
    VALUES (${ids.update}, ${ids.stack}, 'update', false, 'running', 1, ${account}, 'admin', 'x', now() + interval '5 minutes')`.execute(
    db,
  );
  await sql`UPDATE stack SET active_update_id = ${ids.update} WHERE id = ${ids.stack}`.execute(db);
  for (const [id, state] of [
    [ids.running, "running"],
    [ids.queued, "queued"],
  ] as const) {
    await sql`
      INSERT INTO deployment (id, organization_id, project_id, stack_id, operation, state, program, requester_id, requester,
                              epoch, worker_id, token_hash, runner_pid)
      VALUES (${id}, ${organization}, ${project}, ${ids.stack}, 'update', ${state}, '{"builtin":"hello"}', ${account}, 'admin',
              1, ${worker}, ${Buffer.from(id)}, 77)`.execute(db);
    await sql`
      INSERT INTO event_stream (id, organization_id, project_id, stack_id, last_sequence)
      VALUES (${id}, ${organization}, ${project}, ${ids.stack}, 1)`.execute(db);
    await sql`INSERT INTO event (stream_id, sequence, kind, data) VALUES (${id}, 1, 'state', '{"state":"queued"}')`.execute(
      db,
    );
  }
  const { id: token } = await db.selectFrom("token").select("id").executeTakeFirstOrThrow();
  await sql`INSERT INTO ticket VALUES ('t', ${token}, now() + interval '1 minute')`.execute(db);
  const sealer = new Sealer({ db, heads: new Heads(folder), onError: fail });
  await sealAll(sealer, db);
  await sealer.sign();
  // Text that COPY has to escape, bytes of every value, and rows enough for many frames.
  const odd = 'tab\t newline\n backslash\\ \\N quote" unicode ☃';
  await sql`UPDATE deployment SET message = ${odd}`.execute(db);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  await sql`
    INSERT INTO checkpoint_content (hash, bytes, raw_bytes)
    SELECT decode(md5(n::text), 'hex'), ${bytes}, n FROM generate_series(1, 20000) n`.execute(db);
}

function fail(error: unknown): never {
  throw error;
}

/** A database with nothing in it, not even tables. */
async function emptyDatabase(): Promise<TestDatabase> {
  const database = await testDatabase();
  await sql`DROP SCHEMA public CASCADE; CREATE SCHEMA public`.execute(database.db);
  return database;
}

async function fresh(): Promise<{ database: TestDatabase; dataFolder: string }> {
  return { database: await emptyDatabase(), dataFolder: await mkdtemp(path.join(work, "target-")) };
}

describe("a restored installation", () => {
  let target: Awaited<ReturnType<typeof fresh>>;
  let summary: Awaited<ReturnType<typeof restoreBackup>>;
  beforeAll(async () => {
    target = await fresh();
    summary = await restoreBackup({ ...target, file, passphrase });
  }, 60_000);
  afterAll(() => target?.database.close());

  it("has every row of every table", async () => {
    for (const table of [
      "organization",
      "account",
      "role_binding",
      "project",
      "stack",
      "checkpoint_content",
      "event_source",
    ] as const) {
      const rows = sql<{ text: string }>`SELECT t::text AS text FROM ${sql.table(table)} t ORDER BY 1`;
      const [before, after] = [await rows.execute(source.db), await rows.execute(target.database.db)];
      expect([table, after.rows]).toEqual([table, before.rows]);
    }
    const deployments = await target.database.db.selectFrom("deployment").select("message").execute();
    expect(deployments.map(({ message }) => message)).toEqual(
      Array(2).fill('tab\t newline\n backslash\\ \\N quote" unicode ☃'),
    );
    expect(summary.rows).toBeGreaterThan(20_000);
  });

  it("decrypts its secrets with the key of the backup, which lies in a 0600 file", async () => {
    const keyFile = path.join(target.dataFolder, "master.key");
    const key = Buffer.from((await readFile(keyFile, "utf8")).trim(), "base64");
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    await checkMasterKey(target.database.db, key);
    const stack = await target.database.db.selectFrom("stack").select("config").executeTakeFirstOrThrow();
    const sealed = Buffer.from(stack.config["hello:apiKey"].string, "base64");
    expect(createStackCipher([key]).decrypt(ids.stack, sealed).toString()).toBe(canary);
  });

  it("fails what was running, with the reason, in row, event stream and audit, and keeps what was queued", async () => {
    const { db } = target.database;
    const rows = await db.selectFrom("deployment").selectAll().orderBy("sequence").execute();
    expect(
      rows.map(({ id, state, token_hash, runner_pid, epoch }) => ({
        id,
        state,
        token_hash,
        runner_pid,
        epoch,
      })),
    ).toEqual([
      { id: ids.running, state: "failed", token_hash: null, runner_pid: null, epoch: 2 },
      { id: ids.queued, state: "queued", token_hash: null, runner_pid: null, epoch: 1 },
    ]);
    expect(rows[0]?.error).toContain("running when the backup was taken");
    const stream = await db
      .selectFrom("event_stream")
      .selectAll()
      .where("id", "=", ids.running)
      .executeTakeFirstOrThrow();
    expect(stream).toMatchObject({ last_sequence: "2", ended: true });
    const results = await db.selectFrom("audit").selectAll().where("object", "=", ids.running).execute();
    expect(results).toMatchObject([{ action: "deployment.update", phase: "result", result: "failed" }]);
  });

  it("has an audit trail that verifies against the signed heads, and goes on", async () => {
    const { db } = target.database;
    const organization = await db.selectFrom("organization").selectAll().executeTakeFirstOrThrow();
    const principal = await systemPrincipal(db, organization);
    const heads = new Heads(target.dataFolder);
    const before = await verifyAudit(db, heads, principal);
    expect(before).toMatchObject({ ok: true, faults: [], checkpoints: 1 });
    // What the restore wrote, and what was not sealed when the backup was taken.
    expect(await sealAll(new Sealer({ db, heads, onError: fail }), db)).toBe(before.unsealedRows);
    expect(await verifyAudit(db, heads, principal)).toMatchObject({ ok: true, unsealedRows: 0 });
    expect((await stat(path.join(target.dataFolder, "audit", "key.pem"))).mode & 0o777).toBe(0o600);
  });

  it("has no live lease, worker or ticket", async () => {
    const { rows } = await sql<Record<string, string>>`
      SELECT (SELECT count(*) FROM stack_update WHERE lease_hash IS NOT NULL OR lease_expires_at > now()) AS leases,
             (SELECT count(*) FROM worker WHERE stopped_at IS NULL) AS workers,
             (SELECT count(*) FROM ticket) AS tickets`.execute(target.database.db);
    expect(rows).toEqual([{ leases: "0", workers: "0", tickets: "0" }]);
  });

  it("has revoked every token and holds one new admin token in a 0600 file", async () => {
    const { db } = target.database;
    const [made] = summary.tokens;
    expect((await readFile(made?.file as string, "utf8")).trim()).toBe(made?.token);
    const good = await db.selectFrom("token").select("hash").where("revoked_at", "is", null).execute();
    expect(good.map(({ hash }) => hash)).toEqual([hashToken(made?.token as string)]);
    const old = await db
      .selectFrom("token")
      .select("revoked_at")
      .where("hash", "=", hashToken(adminToken))
      .execute();
    expect(old[0]?.revoked_at).not.toBeNull();
  });

  it("goes on counting where the backup stopped, and checks references again", async () => {
    const { db } = target.database;
    await sql`INSERT INTO deployment (organization_id, project_id, stack_id, requester_id, id, operation, state, program, requester)
      SELECT organization_id, project_id, stack_id, requester_id, 'dep_next', 'preview', 'queued', '{}', 'x' FROM deployment WHERE id = ${ids.queued}`.execute(
      db,
    );
    const next = await db
      .selectFrom("deployment")
      .select("sequence")
      .where("id", "=", "dep_next")
      .executeTakeFirstOrThrow();
    expect(next.sequence).toBe("3");
    await expect(sql`UPDATE deployment SET stack_id = 'stk_none'`.execute(db)).rejects.toThrow("foreign key");
    const same = sql<{
      name: string;
    }>`SELECT conname || pg_get_constraintdef(oid) AS name FROM pg_constraint ORDER BY 1`;
    expect((await same.execute(db)).rows).toEqual((await same.execute(source.db)).rows);
  });

  it("lets the server fold what an update had written until then", async () => {
    const { db } = target.database;
    const backend = createStateBackend({
      store: createPostgresStore(db),
      cipher: createStackCipher([masterKey]),
      leaseSeconds: 300,
      cancelDeployment: async () => {},
    });
    expect(await backend.settleOrphans()).toBe(1);
    const updates = await db.selectFrom("stack_update").select(["id", "state"]).execute();
    expect(updates).toEqual([{ id: ids.update, state: "failed" }]);
  });

  it("is not empty any more: a second restore is refused and changes nothing", async () => {
    await expect(restoreBackup({ ...target, file, passphrase })).rejects.toThrow("not empty (account");
    expect(await target.database.db.selectFrom("organization").selectAll().execute()).toHaveLength(1);
  });
});

it("keeps tokens when told so, and takes the admin token of the settings otherwise", async () => {
  const kept = await fresh();
  const given = await fresh();
  try {
    const summary = await restoreBackup({ ...kept, file, passphrase, keepTokens: true });
    expect(summary).toMatchObject({ revokedTokens: 0, tokens: [] });
    // The very token of the old installation, revoked with the others and given again.
    await restoreBackup({ ...given, file, passphrase, givenAdminToken: adminToken });
    for (const { database } of [kept, given]) {
      const good = await database.db
        .selectFrom("token")
        .select("hash")
        .where("revoked_at", "is", null)
        .execute();
      expect(good.map(({ hash }) => hash)).toEqual([hashToken(adminToken)]);
    }
  } finally {
    await kept.database.close();
    await given.database.close();
  }
});

it.each([
  ["a wrong passphrase", async () => file, "not the passphrase", "passphrase is wrong"],
  [
    "a file that is cut",
    () => damaged((bytes) => bytes.subarray(0, bytes.length - 1000)),
    passphrase,
    "cut off",
  ],
  [
    "a file with a flipped bit",
    () => damaged((bytes) => flip(bytes, Math.floor(bytes.length * 0.9))),
    passphrase,
    "changed",
  ],
])("refuses %s and leaves database and folder empty", async (_name, makeFile, secret, message) => {
  const target = await fresh();
  try {
    const bad = { file: await makeFile(), passphrase: secret };
    await expect(restoreBackup({ ...target, ...bad })).rejects.toThrow(message);
    await expect(checkBackup(bad)).rejects.toThrow(message);
    const { rows } = await sql`SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace`.execute(
      target.database.db,
    );
    expect(rows).toEqual([]);
    expect(await readdir(target.dataFolder)).toEqual([]);
  } finally {
    await target.database.close();
  }
});

async function damaged(change: (bytes: Buffer) => Buffer): Promise<string> {
  const name = path.join(work, `damaged-${randomBytes(4).toString("hex")}`);
  await writeFile(name, change(await readFile(file)));
  return name;
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

it("refuses when another master key is in place, and puts nothing into the folder", async () => {
  const target = await fresh();
  try {
    const own = path.join(target.dataFolder, "master.key");
    await writeFile(own, `${randomBytes(32).toString("base64")}\n`);
    await expect(restoreBackup({ ...target, file, passphrase })).rejects.toThrow("another master key");
    expect(await readdir(target.dataFolder)).toEqual(["master.key"]);
    const givenMasterKey = randomBytes(32);
    await expect(restoreBackup({ ...target, file, passphrase, givenMasterKey })).rejects.toThrow(
      "settings give another",
    );
  } finally {
    await target.database.close();
  }
});

it("refuses a backup of a newer release by name", async () => {
  const target = await fresh();
  await sql`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-future', 'now')`.execute(source.db);
  const newer = path.join(work, "newer");
  try {
    await writeBackup({
      database: source,
      dataFolder: sourceFolder,
      masterKey: undefined,
      passphrase: undefined,
      file: newer,
    });
    await expect(restoreBackup({ ...target, file: newer, passphrase: undefined })).rejects.toThrow(
      "9999-future",
    );
  } finally {
    await sql`DELETE FROM kysely_migration WHERE name = '9999-future'`.execute(source.db);
    await target.database.close();
  }
});

describe("a backup without the master key", () => {
  const keyless = () => path.join(work, "keyless");
  beforeAll(() =>
    writeBackup({
      database: source,
      dataFolder: sourceFolder,
      masterKey: undefined,
      passphrase: undefined,
      file: keyless(),
    }),
  );

  it("holds neither the key nor any secret in clear", async () => {
    const bytes = Buffer.concat(await Array.fromAsync(readSealed(keyless(), undefined)));
    expect(bytes.includes("hello:apiKey")).toBe(true);
    for (const secret of [masterKey, masterKey.toString("base64"), canary, adminToken])
      expect(bytes.includes(secret)).toBe(false);
    expect(await checkBackup({ file: keyless(), passphrase: undefined })).toMatchObject({ withKey: false });
  });

  it("says what is lost when it is restored where no key is", async () => {
    const target = await fresh();
    try {
      const summary = await restoreBackup({ ...target, file: keyless(), passphrase: undefined });
      expect(summary.lost).toEqual({ stacks: 1, credentials: 0 });
      // The next start may bring a key of its own.
      await checkMasterKey(target.database.db, randomBytes(32));
    } finally {
      await target.database.close();
    }
  });

  it("takes the old key from the settings, and refuses another", async () => {
    const target = await fresh();
    try {
      const options = { ...target, file: keyless(), passphrase: undefined };
      await expect(restoreBackup({ ...options, givenMasterKey: randomBytes(32) })).rejects.toThrow(
        "not the one",
      );
      expect((await restoreBackup({ ...options, givenMasterKey: masterKey })).lost).toBeUndefined();
      expect(await readdir(target.dataFolder)).not.toContain("master.key");
    } finally {
      await target.database.close();
    }
  });
});

it("refuses to write the master key in clear, to replace a file, and leaves no half file", async () => {
  const options = { database: source, dataFolder: sourceFolder, masterKey, passphrase };
  await expect(
    writeBackup({ ...options, passphrase: undefined, file: path.join(work, "x") }),
  ).rejects.toThrow("needs a passphrase");
  const before = await readFile(file);
  await expect(writeBackup({ ...options, file })).rejects.toThrow("exists");
  expect((await readFile(file)).equals(before)).toBe(true);
  const closed = path.join(work, "closed", "backup");
  await expect(writeBackup({ ...options, file: closed })).rejects.toThrow("There is no folder");
  await expect(checkBackup({ file: closed, passphrase })).rejects.toMatchObject({ code: "not_found" });
  expect((await readdir(work)).filter((name) => name.endsWith(".part"))).toEqual([]);
});

it("records who took it, before and after", async () => {
  const rows = await source.db
    .selectFrom("audit")
    .selectAll()
    .where("action", "=", "backup.create")
    .orderBy("id")
    .limit(2)
    .execute();
  expect(rows).toMatchObject([{ phase: "intent" }, { phase: "result", result: "succeeded" }]);
});

it("takes rows of one moment although others write meanwhile", async () => {
  const name = path.join(work, "moment");
  const { id, organization_id } = await source.db.selectFrom("project").selectAll().executeTakeFirstOrThrow();
  const late = { id: newId("prj"), organization_id, name: "late" };
  await writeBackup({
    ...{
      database: source,
      dataFolder: sourceFolder,
      masterKey: undefined,
      passphrase: undefined,
      file: name,
    },
    async onProgress({ table }) {
      if (table === "account") await source.db.insertInto("project").values(late).execute();
    },
  });
  const target = await fresh();
  try {
    await restoreBackup({ ...target, file: name, passphrase: undefined });
    const projects = await target.database.db.selectFrom("project").select("id").execute();
    expect(projects).toEqual([{ id }]);
  } finally {
    await target.database.close();
  }
});
