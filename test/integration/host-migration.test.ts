import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Exported, Migration } from "../../automation-api/host-migrations/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { roost, temporaryFolder } from "../automation-api/cli/terminal.ts";
import { textOfDatabase } from "../support/canaries.ts";
import type { Client } from "../support/client.ts";
import { HostLab } from "../support/host-lab.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();
const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");
const job = "file:/etc/cron.d/job";

(isPossible ? describe : describe.skip)("a host that is taken over to another one", () => {
  let lab: HostLab;
  let client: Client;
  let there: TestHost;
  let here: TestHost;
  let archive: Exported;

  async function add(name: string, script: string): Promise<TestHost> {
    const host = await TestHost.create();
    await host.do(fixture("more-source.sh"));
    await host.offerPackages();
    await host.do(fixture(script));
    await host.boot();
    await lab.add(name, host);
    return host;
  }

  beforeAll(async () => {
    lab = await HostLab.open();
    client = lab.client;
    there = await add("old", "migrated-host.sh");
    here = await add("new", "receiving-host.sh");
    archive = await client.call<Exported>("POST", "/api/v1/migrate/export", { host: "old", passwords: true });
  });

  afterAll(async () => {
    await lab?.close();
  });

  const migrate = (body: object) =>
    client.call<Migration>("POST", "/api/v1/migrate/import", { host: "new", archive: archive.id, ...body });
  const ended: HostLab["ended"] = (...action) => lab.ended(...action);
  const rollback: HostLab["rollback"] = (...action) => lab.rollback(...action);
  /** All files but what services write by themselves. */
  const state = async () =>
    (await here.state()).filter((line) =>
      /^\.\/(etc|usr|home|opt|srv|var\/(lib\/(apt|dpkg|nginx)|spool|mail))[/ ]/.test(line),
    );
  const faultsOf = async (path: string, body: object) => {
    const reply = await client.fetch("POST", path, body);
    const { faults } = (await reply.json()) as { faults?: { field: string }[] };
    return [reply.status, faults?.[0]?.field];
  };

  it("is one archive, which says what stayed behind", () => {
    expect(archive).toMatchObject({ host: { name: "old" }, contains: { users: 1, passwords: true } });
    expect(archive.left).toContainEqual({
      what: "/etc/nginx/koi-win",
      reason: expect.stringContaining("deleted"),
    });
  });

  it("is shown beside what is there, put there, and taken back to the letter", async () => {
    const before = await state();
    const shown = await migrate({ dryRun: true });
    const items = new Map(shown.detail.items.map((item) => [item.id, item]));
    expect(items.get("package:ghost")).toMatchObject({
      state: "impossible",
      reason: expect.stringContaining("no source"),
    });
    expect(items.get("package:nginx-light")).toMatchObject({ state: "new", choice: "replace" });
    expect(items.get("file:/etc/nginx/nginx.conf")).toMatchObject({ state: "new", choice: "replace" });
    expect(items.get("file:/etc/apt/sources.list.d/more.list")).toMatchObject({ state: "new" });
    expect(items.get(job)).toMatchObject({
      state: "conflict",
      choice: "keep",
      diff: expect.stringContaining("\n+# old\n"),
    });
    expect(items.get("user:ann")).toMatchObject({ state: "new", here: null });
    expect(shown.detail.alreadySo).toBeGreaterThan(20);
    expect(shown.detail.runs).toEqual(["hello.service", "nginx.service"]);
    expect(differences(before, await state())).toEqual([]);
    const { planHash, id } = shown;
    await client.call("POST", `/api/v1/host-actions/${id}/execute`, { planHash });
    const done = await ended(shown);
    expect([done.state, done.deployment?.error]).toEqual(["applied", null]);
    expect(await here.do("systemctl is-active nginx hello; systemctl is-enabled hello")).toBe(
      "active\nactive\nenabled\n",
    );
    expect(await here.do("grep -c mine /etc/nginx/nginx.conf; apt-mark showhold; cat /etc/cron.d/job")).toBe(
      "1\ntmux\n# new\n",
    );
    expect(await here.do("id -un 1500; id -nG ann; stat -c %U:%G:%a /var/spool/cron/crontabs/ann")).toBe(
      "ann\nann adm\nann:crontab:600\n",
    );
    expect(await here.do("getent shadow ann | cut -d: -f2")).toBe("!\n");
    const again = await migrate({ dryRun: true });
    expect(again.detail.items.map((item) => item.id).sort()).toEqual([job, "package:ghost"]);
    expect((await rollback(shown, "replace")).undo).toMatchObject({ state: "succeeded", error: null });
    expect(differences(before, await state())).toEqual([]);
    expect((await here.run("systemctl is-active nginx hello")).code).not.toBe(0);
  });

  it("gives way to what is chosen, and to passwords only when they are asked for", async () => {
    const before = await state();
    const body = { parts: ["users", "crontabs"], choices: { [job]: "replace" }, passwords: true };
    const done = await ended(await migrate(body));
    expect([done.state, done.deployment?.error]).toEqual(["applied", null]);
    const password = "getent shadow ann | cut -d: -f2";
    const hash = await there.do(password);
    expect([await here.do(password), await here.do("cat /etc/cron.d/job")]).toEqual([hash, "# old\n"]);
    for (const [place, text] of await textOfDatabase(lab.database.db))
      expect([place, text.includes(hash.trim())]).toEqual([place, false]);
    expect((await rollback(done)).state).toBe("undone");
    expect(differences(before, await state())).toEqual([]);
  });

  it("goes back by itself when what it brings does not run", async () => {
    await there.do("sed -i 's,^ExecStart=.*,ExecStart=/nowhere,' /etc/systemd/system/hello.service");
    const broken = await client.call<Exported>("POST", "/api/v1/migrate/export", { host: "old" });
    const before = await state();
    const done = await ended(await migrate({ archive: broken.id, parts: ["users", "units"] }));
    expect([done.state, done.deployment?.error]).toEqual([
      "failed",
      expect.stringContaining("everything was put back"),
    ]);
    expect(differences(before, await state())).toEqual([]);
  });

  it("is carried by the command line, and an archive that somebody changed is refused", async () => {
    const home = await temporaryFolder();
    const env = await lab.environment();
    const command = (...args: string[]) => roost(["host", "migrate", ...args], { env, home });
    const file = join(home, "old.roost");
    const made = await command("export", "old", "--out", file);
    expect([made.stderr, made.code]).toEqual([expect.stringContaining("koi-win"), 0]);
    const text = readFileSync(file, "utf8");
    const shown = await command("import", "new", file, "--only", "crontabs", "--replace", job);
    expect([shown.stderr, shown.code, shown.stdout]).toEqual(["", 0, expect.stringContaining(job)]);
    const [, id = ""] = /--execute (act_\w+)\n$/.exec(shown.stdout) ?? [];
    expect((await command("import", "new", "--execute", id)).code).toBe(0);
    expect(await here.do("cat /etc/cron.d/job")).toBe("# old\n");
    expect((await rollback({ id })).state).toBe("undone");
    const at = text.indexOf("\n") + 200;
    const changed = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
    expect(await faultsOf("/api/v1/migrate/archives", { archive: changed })).toEqual([400, "archive"]);
    await rm(home, { recursive: true });
  });

  it.each([
    [{ archive: `mig_${"0".repeat(26)}` }, 400, "archive"],
    [{ archive: "../etc" }, 400, "archive"],
    [{ parts: ["kernel"] }, 400, "parts[0]"],
    [{ choices: { "file:/etc/none": "keep" } }, 400, "choices.file:/etc/none"],
    [{ choices: { [job]: "merge" } }, 400, `choices.${job}`],
    [{ host: "nobody" }, 404, undefined],
  ])("is refused with %j: %d, %s", async (body, status, field) => {
    const whole = { host: "new", archive: archive.id, ...body };
    expect(await faultsOf("/api/v1/migrate/import", whole)).toEqual([status, field]);
  });
});
