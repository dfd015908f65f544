import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { AppliedConfig } from "../../automation-api/config-templates/contract.ts";
import type { HostAction } from "../../automation-api/host-actions/contract.ts";
import type { Reinstall } from "../../automation-api/reinstalls/contract.ts";
import type { InstalledShell } from "../../automation-api/terminal/contract.ts";
import type { Optimized } from "../../automation-api/tuning/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { roost, temporaryFolder } from "../automation-api/cli/terminal.ts";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { databaseUrl, type TestDatabase, testDatabase } from "../support/database.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();
const file = "/etc/nginx/nginx.conf";
const receive = "/proc/sys/net/ipv4/tcp_rmem";

(isPossible ? describe : describe.skip)("actions on a host that runs nginx", () => {
  let database: TestDatabase;
  let cluster: Cluster;
  let client: Client;
  let host: TestHost;

  beforeAll(async () => {
    host = await TestHost.create();
    await host.install("nginx-light", "zsh");
    await host.do("useradd --create-home --shell /usr/bin/zsh ann");
    await host.boot();
    const sshd = await host.startSshd();
    database = await testDatabase();
    cluster = await Cluster.open({ DATABASE_URL: databaseUrl(database.connection) });
    await cluster.add("server");
    client = new Client(() => cluster.url, await cluster.token());
    const key = { name: "root", kind: "ssh", privateKey: sshd.privateKey };
    const { id: credential } = await client.call<{ id: string }>("POST", "/api/v1/credentials", key);
    const place = { address: "127.0.0.1", port: sshd.port, user: "root", hostKey: sshd.hostKey };
    await client.call("POST", "/api/v1/hosts", { name: "web", ...place, credential });
  });

  afterAll(async () => {
    await cluster?.close();
    await database?.close();
    await host?.close();
  });

  const apply = (body: object) =>
    client.call<AppliedConfig>("POST", "/api/v1/config/apply", { host: "web", ...body });
  const show = (id: string) => client.call<HostAction>("GET", `/api/v1/host-actions/${id}`);
  const ended = async ({ id }: { id: string }, of: "deployment" | "confirmation" | "undo" = "deployment") => {
    const { [of]: queued } = await show(id);
    await client.ended(queued?.id ?? "", 120_000);
    return show(id);
  };
  const rollback = async ({ id }: { id: string }) => {
    await client.call("POST", `/api/v1/host-actions/${id}/rollback`, {});
    return ended({ id }, "undo");
  };
  /** Files but for those that services write by themselves, and the folders above them. */
  const state = async () => (await host.state()).filter((line) => /^\.\/(etc|usr)\//.test(line));

  it("are previewed with a difference, carried out, verified and taken back by the command line", async () => {
    const home = await temporaryFolder();
    const env = { ROOST_URL: cluster.url, ROOST_TOKEN: await cluster.token() };
    const command = (...args: string[]) => roost(["host", ...args], { env, home });
    const before = await state();
    const shown = await command(
      "config",
      "web",
      "nginx",
      "--set",
      "role=proxy",
      "--set",
      "keepaliveSeconds=7",
    );
    expect([shown.stderr, shown.code, shown.stdout]).toEqual([
      "",
      0,
      expect.stringContaining("\n+    keepalive_timeout 7s;\n"),
    ]);
    expect(shown.stdout).toContain(`\n~ ${file}\n`);
    expect(differences(before, await state())).toEqual([]);
    const [, id = ""] = /--execute (act_\w+)\n$/.exec(shown.stdout) ?? [];
    const worker = await host.do("pgrep -f 'nginx: worker'");
    expect((await command("config", "web", "--execute", id)).code).toBe(0);
    expect(await host.do(`grep keepalive_timeout ${file}`)).toContain(" 7s;");
    // nginx has taken it up: its workers are others.
    expect(await host.do("pgrep -f 'nginx: worker'")).not.toBe(worker);
    expect((await command("verify", id)).code).toBe(0);
    expect((await command("actions", "web")).stdout).toMatch(
      new RegExp(`${id} +web +config: nginx +applied`),
    );
    expect((await command("undo", id)).code).toBe(0);
    expect(differences(before, await state())).toEqual([]);
    expect((await command("verify", id)).code).toBe(1);
    expect(await host.do("systemctl is-active nginx")).toBe("active\n");
    await rm(home, { recursive: true });
  });

  it("that the host's own program refuses touch nothing, and say why", async () => {
    await host.do("echo 'no_such_word on;' >/etc/nginx/conf.d/broken.conf");
    const before = await state();
    const refused = await client.fetch("POST", "/api/v1/config/apply", { host: "web", template: "nginx" });
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining("no_such_word")]);
    await host.do("rm /etc/nginx/conf.d/broken.conf");
    const absent = await client.fetch("POST", "/api/v1/config/apply", { host: "web", template: "redis" });
    expect([absent.status, await absent.text()]).toEqual([422, expect.stringContaining("not installed")]);
    const wrong = { host: "web", template: "nginx", parameters: { openFiles: "many" } };
    expect((await client.fetch("POST", "/api/v1/config/apply", wrong)).status).toBe(400);
    expect(differences(before, await state()).filter((line) => !line.includes("/conf.d"))).toEqual([]);
  });

  it("that set the running kernel's network wait for a confirmation, and go back to the letter", async () => {
    const before = await host.do(`cat ${receive}`);
    const parameters = { set: { "net.ipv4.tcp_rmem": "4096 131072 67108864" } };
    const queued = await apply({ template: "sysctl", parameters });
    expect(queued).toMatchObject({ kind: "config", state: "applying", confirmSeconds: 120 });
    expect((await ended(queued)).state).toBe("unconfirmed");
    expect(await host.do(`cat ${receive}`)).toBe("4096\t131072\t67108864\n");
    await client.call("POST", `/api/v1/host-actions/${queued.id}/confirm`);
    expect((await ended(queued, "confirmation")).state).toBe("applied");
    expect((await rollback(queued)).state).toBe("undone");
    expect(await host.do(`cat ${receive}`)).toBe(before);
  });

  it("of tuning say of each value of a container why it is not set", async () => {
    const body = { host: "web", profile: "server_production", dryRun: true };
    const { detail, state: planned } = await client.call<Optimized>("POST", "/api/v1/optimize/auto", body);
    expect(planned).toBe("planned");
    expect(detail.judgements.map(({ value, verdict }) => [value, verdict])).toEqual(
      ["cpu_governor", "swappiness", "disk_scheduler", "tcp_congestion", "file_max"].map((value) => [
        value,
        "refused",
      ]),
    );
    for (const { reason, source } of detail.judgements)
      expect([reason, source]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/^https:/)]);
    const done = await ended(
      await client.call<Optimized>("POST", "/api/v1/optimize/memory", { host: "web" }),
    );
    expect(done).toMatchObject({
      kind: "tuning",
      state: "applied",
      title: "tuning: memory, server_production",
    });
    expect((await client.fetch("POST", "/api/v1/optimize/cpu", { host: "web" })).status).toBe(404);
  });

  it("give a person a shell, add to it, and take that back", async () => {
    const install = (kind: string, body: object) =>
      client.call<InstalledShell>("POST", `/api/v1/${kind}`, { host: "web", user: "ann", ...body });
    await host.do("echo 'source $ZSH/oh-my-zsh.sh' >/home/ann/.zshrc; chown ann: /home/ann/.zshrc");
    const homes = async () => (await host.state()).filter((line) => line.startsWith("./home/ann/"));
    const before = await homes();
    const first = await install("optimize/terminal", {});
    expect([(await ended(first)).state, first.detail.files[1]?.diff]).toEqual([
      "applied",
      expect.stringContaining("\n-source $ZSH/oh-my-zsh.sh\n"),
    ]);
    const zsh = "su ann -c 'zsh -i -c \"print -r -- \\$HISTSIZE; alias ll\"' 2>&1";
    expect(await host.do("stat -c %U /home/ann/.zshrc /home/ann/.local/share/roost/zsh/*.zwc | uniq")).toBe(
      "ann\n",
    );
    const shell = { ...first.detail.shell, aliases: [{ name: "ll", expansion: "ls -l" }] };
    const second = await install("config/apply", { template: "zshrc", shell });
    expect((await ended(second)).state).toBe("applied");
    expect(await host.do(zsh)).toBe("50000\nll='ls -l'\n");
    const third = await install("themes/install", { theme: "two-lines", dryRun: true });
    expect(third.detail.shell).toMatchObject({ theme: "two-lines", aliases: [{ name: "ll" }] });
    const wanted = { plugins: ["zsh-autosuggestions"], dryRun: true };
    const missing = await client.fetch("POST", "/api/v1/plugins/install", {
      host: "web",
      user: "ann",
      ...wanted,
    });
    expect([missing.status, await missing.text()]).toEqual([
      400,
      expect.stringContaining("not among the sources"),
    ]);
    const nobody = await client.fetch("POST", "/api/v1/themes/install", {
      host: "web",
      user: "bob",
      theme: "plain",
    });
    expect([nobody.status, await nobody.text()]).toEqual([400, expect.stringContaining('"field":"user"')]);
    expect((await rollback(second)).state).toBe("undone");
    expect((await rollback(first)).state).toBe("undone");
    expect(differences(before, await homes())).toEqual([]);
  });

  describe("that install packages again", () => {
    const again = (body: object) =>
      client.call<Reinstall>("POST", "/api/v1/reinstall/package", {
        host: "web",
        name: "nginx-common",
        ...body,
      });
    const lost = "/etc/nginx/koi-win";

    beforeAll(async () => {
      await host.offerPackages();
      await host.do(`echo '# mine' >>${file}; rm ${lost}`);
    });

    it("bring configuration back as it was packaged, check what runs, and go back to the letter", async () => {
      const before = await state();
      const shown = await again({ dryRun: true });
      expect(shown.detail).toMatchObject({ replaced: [file], restored: [lost] });
      expect(shown.detail.installs).toEqual([
        expect.objectContaining({ name: "nginx-common", kind: "reinstall" }),
      ]);
      expect(differences(before, await state())).toEqual([]);
      const { planHash, id } = shown;
      await client.call("POST", `/api/v1/host-actions/${id}/execute`, { planHash });
      const done = await ended(shown);
      expect([done.state, done.deployment?.error]).toEqual(["applied", null]);
      expect(await host.do(`grep -c mine ${file} || ls ${lost}`)).toBe(`0\n${lost}\n`);
      expect(await host.do("systemctl is-active nginx")).toBe("active\n");
      expect((await rollback(shown)).state).toBe("undone");
      expect(differences(before, await state())).toEqual([]);
      expect(await host.do("systemctl is-active nginx")).toBe("active\n");
    });

    it("go back by themselves when a package is not well afterwards", async () => {
      const breaking = `DPkg::Post-Invoke {"echo '# broken' >>/lib/systemd/system/nginx.service";};`;
      await host.do(`echo '${breaking.replaceAll("'", "'\\''")}' >/etc/apt/apt.conf.d/99breaking`);
      const before = await state();
      const failed = await ended(await again({ configuration: "keep" }));
      expect(failed).toMatchObject({
        state: "failed",
        deployment: { error: expect.stringContaining("nginx-common is not as packaged") },
      });
      expect(differences(before, await state())).toEqual([]);
      expect(await host.do("systemctl is-active nginx")).toBe("active\n");
    });

    it.each([
      ["package", { name: "no-such-thing" }, "name"],
      ["package", { name: "nginx-common", version: "0:99" }, "version"],
      ["package", { name: "nginx-common", pin: true }, "pin"],
      ["package", { name: "-o" }, "name"],
      ["batch", { packages: [{ name: "nginx-common" }, { name: "redis-server" }] }, "packages[1].name"],
    ])("%s of %j is refused, naming %s", async (kind, body, field) => {
      const reply = await client.fetch("POST", `/api/v1/reinstall/${kind}`, { host: "web", ...body });
      const { faults } = (await reply.json()) as { faults: { field: string }[] };
      expect([reply.status, faults[0]?.field]).toEqual([400, field]);
    });
  });
});
