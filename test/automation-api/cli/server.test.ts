import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { Client } from "../../support/client.ts";
import { Cluster, type Member } from "../../support/cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../../support/database.ts";
import { roost, type Surroundings, startRoost, temporaryFolder } from "./terminal.ts";

const withEngine = reasonToSkip("engine") ? describe.skip : describe;
const canary = "canary-of-the-command-line";

withEngine("roost against a real server", () => {
  let database: TestDatabase;
  let cluster: Cluster;
  let server: Member;
  let home: string;
  let env: Record<string, string>;
  let api: Client;

  beforeAll(async () => {
    home = await temporaryFolder();
    database = await testDatabase();
    cluster = await Cluster.open({ DATABASE_URL: databaseUrl(database.connection), ROOST_WORKERS: "2" });
    server = await cluster.add("server");
    env = { ROOST_URL: server.url, ROOST_TOKEN: await cluster.token() };
    api = new Client(() => server.url, env.ROOST_TOKEN as string);
  }, 120_000);

  afterAll(async () => {
    await cluster?.close();
    await database?.close();
    await rm(home, { recursive: true, force: true });
  }, 60_000);

  const call = (args: string[], more: Surroundings = {}) => roost(args, { env, home, ...more });
  const noop = (stack: string, ...config: string[]) => [
    ...["deploy", `noop/${stack}`, "--program", "noop"],
    ...config.flatMap((pair) => ["--config", pair]),
  ];

  it("keeps a login from standard input in a private file, and uses it from then on", async () => {
    const token = env.ROOST_TOKEN as string;
    const login = await roost(["login", server.url], { env: {}, home, stdin: `${token}\n` });
    expect([login.code, login.stdout]).toEqual([
      0,
      expect.stringContaining(`Logged in at ${server.url} as admin of roost`),
    ]);
    expect(login.stdout + login.stderr).not.toContain(token);
    const status = await roost(["status", "--json"], { env: {}, home });
    expect(status.json()).toMatchObject({
      address: server.url,
      ready: { status: "ready" },
      system: { engine: { version: expect.any(String) } },
    });
  });

  it("refuses to keep a token that is not good", async () => {
    const bad = await roost(["login", server.url], {
      env: {},
      home: await temporaryFolder(),
      keys: ["not-a-good-token\r"],
    });
    expect([bad.code, bad.stderr]).toEqual([3, expect.stringContaining("not known here")]);
    const none = await roost(["stacks"], { env: { ROOST_URL: server.url }, home: "/nonexistent" });
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining("You are not logged in")]);
  });

  it("deploys, follows line by line, and ends with the result, changes and duration", async () => {
    const { code, stdout, stderr } = await call(noop("lines", "count=2", "payload=hi"));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /Deployment queued\nDeployment running\n.*noop:index:Resource r0 created.*payload[^\n]*"hi".*Deployment succeeded\./s,
    );
    expect(stdout).toMatch(
      /\nnoop\/lines: update succeeded {2}3 created {2}version 1 {2}[\d.]+ s {2}dep_\w+\n$/,
    );
  }, 60_000);

  it("uses the program of the last time, shows what a preview would change, and exits by it", async () => {
    const { code, stdout } = await call(["preview", "noop/lines", "--config", "payload=other"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/r0 update \[diff: ~payload\].*~ 2 to update.*2 to update/s);
    expect((await call(["stacks", "noop/lines", "--json"])).json()).toMatchObject({
      version: 1,
      outputs: { payload: "hi" },
    });
  }, 60_000);

  it("prints one JSON line per event, without gap, and the deployment at the end", async () => {
    const lines = (await call([...noop("json", "count=1"), "--json"])).jsonLines();
    const events = lines.slice(0, -1);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1));
    expect(lines.at(-1)).toMatchObject({
      kind: "result",
      data: { state: "succeeded", outputs: { count: 1 } },
    });
    const id = resultOf(lines).id;
    const again = (await call(["logs", "-f", id, "--json"])).jsonLines();
    expect(again).toEqual(lines);
    const log = await call(["logs", "noop/json"]);
    expect(log.stdout).toContain("Deployment succeeded.");
    expect((await call(["logs", id, "--json"])).json()).toEqual({ id, log: log.stdout });
  }, 60_000);

  it("shows a live table on a terminal, and leaves the log without it", async () => {
    const { code, stdout } = await call(noop("live", "count=2", "delayMilliseconds=600"), {
      isTerminal: true,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /noop\/live update running.* s\n(.*\n)?.* s {2}creating +noop:index:Resource +r[01]\n/,
    );
    expect(stdout).toMatch(/noop:index:Resource r0 created \([\d.]+ s\)\n/);
    // What stays on the screen: everything but the erased lines.
    expect(screenOf(stdout)).not.toContain("creating");
    expect(screenOf(stdout)).toContain("noop/live: update succeeded");
  }, 60_000);

  it("ends with exit code 1 and the program's own error when the deployment fails", async () => {
    const failed = await call(noop("fails", "throws=the reason of the program"));
    expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining("the reason of the program")]);
    expect(failed.stdout).toContain("noop/fails: update failed");
  }, 60_000);

  it("cancels by the first Ctrl-C and ends with 130", async () => {
    const running = startRoost(noop("cancelled", "count=1", "delayMilliseconds=60000"), { env, home });
    await running.printed("creating");
    running.signal("SIGINT");
    const { code, stdout, stderr } = await running.done;
    expect([code, stderr]).toEqual([
      130,
      expect.stringMatching(/^Cancelling dep_\w+\. Ctrl-C once more leaves it to itself\.\n/),
    ]);
    expect(stdout).toContain("noop/cancelled: update cancelled");
  }, 60_000);

  it("stops following by Ctrl-C in logs -f, which leaves the deployment to `roost cancel`", async () => {
    const queued = await call([
      ...noop("detached", "count=1", "delayMilliseconds=60000"),
      "--no-follow",
      "--json",
    ]);
    const { id } = queued.json<{ id: string }>();
    const following = startRoost(["logs", "-f", "noop/detached"], { env, home });
    await following.printed("creating");
    following.signal("SIGINT");
    const { code, stderr } = await following.done;
    expect([code, stderr]).toEqual([130, `${id} goes on. Follow it again: roost logs -f ${id}\n`]);
    expect(await api.find(id)).toMatchObject({ state: "running" });
    const status = await call(["status"]);
    expect(status.stdout).toMatch(new RegExp(`${id} +noop/detached +update +running`));
    expect((await call(["cancel", "noop/detached"])).stdout).toContain(`${id} is being cancelled`);
    expect(await api.ended(id)).toMatchObject({ state: "cancelled" });
    const late = await call(["cancel", "noop/detached"]);
    expect([late.code, late.stderr]).toEqual([
      4,
      "roost: noop/detached has no running or queued deployment.\n",
    ]);
  }, 60_000);

  it("goes on following when the server is killed and comes back", async () => {
    const following = startRoost([...noop("survives", "count=2", "delayMilliseconds=1500"), "--json"], {
      env,
      home,
    });
    await following.printed("resourcePreEvent");
    const { port } = new URL(server.url);
    await cluster.kill(server);
    await following.printed("Trying again in");
    server = await cluster.add("server", { ROOST_PORT: port });
    const done = await following.done;
    const lines = done.jsonLines();
    expect(lines.slice(0, -1).map(({ sequence }) => sequence)).toEqual(
      lines.slice(0, -1).map((_, at) => at + 1),
    );
    // A create of a type that cannot be looked up ends the deployment; either way it has an end.
    expect(["succeeded", "failed"]).toContain(resultOf(lines).state);
    expect(done.code).toBe(resultOf(lines).state === "succeeded" ? 0 : 1);
  }, 120_000);

  it("lists stacks and resources, filters them, and says what is not there", async () => {
    expect((await call(["stacks"])).stdout).toMatch(/^STACK +VERSION.*noop\/lines +1 +4 +update succeeded/s);
    const found = (await call(["resources", "r0", "--stack", "lines", "--json"])).json<{
      items: { name: string }[];
    }>();
    expect(found.items.map(({ name }) => name)).toEqual(["r0"]);
    expect((await call(["resources", "no-such-thing"])).stdout).toBe("There are no resources here.\n");
    expect(await call(["stacks", "noop/none"])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("does not exist"),
    });
    expect((await call(["stacks", "noop/lines"])).stdout).toMatch(/OUTPUTS\ncount +2\npayload +hi/);
  });

  it("destroys what it made", async () => {
    const { code, stdout } = await call(["destroy", "noop/lines"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/noop\/lines: destroy succeeded {2}3 deleted/)]);
  }, 60_000);

  it("sends a secret from file, environment or prompt, and shows it nowhere", async () => {
    const file = path.join(home, "secret");
    await writeFile(file, `${canary}-file\n`);
    const sources: [string, Surroundings][] = [
      [`apiKey=file:${file}`, {}],
      ["apiKey=env:API_KEY", { env: { ...env, API_KEY: `${canary}-env` } }],
      ["apiKey", { keys: [`${canary}-typed\r`] }],
      ["apiKey=-", { stdin: `${canary}-piped\n` }],
    ];
    for (const [flag, more] of sources) {
      const args = [
        "preview",
        "hello/secrets",
        "--program",
        "hello",
        "--secret",
        flag,
        "--no-follow",
        "--json",
      ];
      const { code, stdout, stderr } = await call(args, more);
      expect([flag, code]).toEqual([flag, 0]);
      expect(stdout + stderr).not.toContain(canary);
    }
    const { rows } = await sql<{ patch: string }>`
      SELECT config_patch::text AS patch FROM deployment d JOIN stack s ON s.id = d.stack_id WHERE s.name = 'secrets'`.execute(
      database.db,
    );
    expect(rows.map(({ patch }) => patch.includes("ciphertext"))).toEqual([true, true, true, true]);
    expect(JSON.stringify(rows)).not.toContain(canary);
  }, 60_000);

  it("packs a folder, uploads it, and refuses what is none", async () => {
    const folder = path.join(home, "program");
    await mkdir(path.join(folder, "node_modules", "big"), { recursive: true });
    await writeFile(path.join(folder, "Pulumi.yaml"), "name: packed\nruntime: nodejs\n");
    await writeFile(path.join(folder, "index.js"), "exports.answer = 42;\n");
    await writeFile(path.join(folder, "node_modules", "big", "x"), "x");
    const queued = await call(["preview", "packed/dev", "--archive", folder, "--no-follow", "--json"]);
    const { program } = queued.json<{ program: { archive: string } }>();
    expect(program.archive).toMatch(/^prg_/);
    const { rows } = await sql<{
      bytes: Buffer;
    }>`SELECT bytes FROM program_archive WHERE id = ${program.archive}`.execute(database.db);
    expect(rows[0]?.bytes.length).toBeLessThan(1000);
    const none = await call(["preview", "packed/dev", "--archive", path.join(home, "none")]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("there is no")]);
  }, 60_000);

  it("creates, lists and revokes tokens; the token alone is on standard output", async () => {
    const created = await call(["tokens", "create", "ci", "--scope", "stack:read", "--days", "1"]);
    expect(created.stdout).toMatch(/^roost_tok\S+\n$/);
    const scoped = { env: { ...env, ROOST_TOKEN: created.stdout.trim() } };
    expect((await call(["stacks"], scoped)).code).toBe(0);
    const refused = await call(noop("lines"), scoped);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("deployment:create")]);
    const listed = (await call(["tokens", "--json"])).json<{ items: { id: string; name: string }[] }>();
    const id = listed.items.find(({ name }) => name === "ci")?.id as string;
    expect((await call(["tokens", "revoke", id, "--json"])).json()).toEqual({ id, revoked: true });
    // Other processes hear of it by a notice.
    let after = await call(["stacks"], scoped);
    while (after.code === 0) after = await call(["stacks"], scoped);
    expect(after).toMatchObject({ code: 3, stderr: expect.stringContaining("revoked") });
    expect((await call(["tokens"])).stdout).toMatch(/ci .*stack:read.*revoked/);
  });

  it("verifies the audit trail, and ends with exit code 1 when a row was edited", async () => {
    const good = await call(["audit", "verify"]);
    expect([good.code, good.stdout]).toEqual([0, expect.stringContaining("audit trail     intact")]);
    // Only rows that are sealed already can be found edited.
    const edit = sql`
      ALTER TABLE audit DISABLE TRIGGER audit_append_only;
      UPDATE audit SET object = 'other' WHERE id = (SELECT min(audit_id) FROM audit_seal);
      ALTER TABLE audit ENABLE TRIGGER audit_append_only`;
    await edit.execute(database.db);
    const bad = await call(["audit", "verify"]);
    expect([bad.code, bad.stdout]).toEqual([1, expect.stringMatching(/CHANGED.*FAULT edited at 1/s)]);
  });

  it("backs the control plane up while the server runs, and restores it into an empty database", async () => {
    const file = path.join(home, "roost.backup");
    const here = {
      DATABASE_URL: databaseUrl(database.connection),
      ROOST_DATA_DIR: cluster.folder,
      PASS: "twelve letters or more",
    };
    const passphrase = ["--passphrase", "env:PASS"];
    const backup = await roost(["backup", file, ...passphrase, "--json"], { env: { ...here } });
    expect(backup.json()).toMatchObject({ file, withKey: true, encrypted: true });
    expect(await roost(["backup", file, ...passphrase], { env: { ...here } })).toMatchObject({ code: 6 });
    expect(await roost(["restore", file, ...passphrase], { env: { ...here } })).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("not empty"),
    });
    const wrong = { env: { ...here, PASS: "another passphrase" } };
    expect(await roost(["restore", file, "--check", ...passphrase], wrong)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("wrong"),
    });
    const typed = await roost(["restore", file, "--check"], { env: { ...here }, keys: [`${here.PASS}\r`] });
    expect(typed).toMatchObject({ code: 0, stdout: expect.stringContaining("is whole") });
    const away = { env: { ...here, DATABASE_URL: "postgres://me:s3cret@127.0.0.1:1/db" } };
    const unreachable = await roost(["backup", path.join(home, "none"), ...passphrase], away);
    expect(unreachable).toMatchObject({ code: 5, stderr: expect.stringContaining("cannot be reached") });
    expect(unreachable.stderr).not.toContain("s3cret");
    const empty = await testDatabase();
    try {
      const folder = await temporaryFolder();
      const there = { ...here, DATABASE_URL: databaseUrl(empty.connection), ROOST_DATA_DIR: folder };
      const restored = await roost(["restore", file, ...passphrase], { env: there });
      expect([restored.code, restored.stdout]).toEqual([
        0,
        expect.stringMatching(/Restored \d+ rows.*New admin token of admin in roost: in .*admin-token/s),
      ]);
      const token = (await readFile(path.join(folder, "admin-token"), "utf8")).trim();
      expect(restored.stdout).not.toContain(token);
      expect(await readFile(path.join(folder, "master.key"), "utf8")).toBe(
        await readFile(path.join(cluster.folder, "master.key"), "utf8"),
      );
      await rm(folder, { recursive: true });
    } finally {
      await empty.close();
    }
  }, 60_000);
});

/** The deployment that the last line holds. */
function resultOf(lines: Record<string, unknown>[]): { id: string; state: string } {
  return (lines.at(-1) as { data: { id: string; state: string } }).data;
}

/** What a terminal shows in the end: an erase goes some lines up and takes all below away. */
function screenOf(text: string): string {
  const [first = "", ...erases] = text.split("\u001b[J");
  return erases.reduce((screen, piece) => {
    const [, above = "", up = "0"] = /^(.*)\[(\d+)F$/s.exec(screen.replaceAll("\u001b", "")) ?? [];
    return above
      .split("\n")
      .slice(0, -1 - Number(up))
      .concat(piece)
      .join("\n");
  }, first);
}
