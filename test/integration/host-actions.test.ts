import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { AppliedConfig } from "../../automation-api/config-templates/contract.ts";
import type { Reinstall } from "../../automation-api/reinstalls/contract.ts";
import type {
  InstalledShell,
  ShellDiff,
  ShellVersions,
  VerifiedShell,
} from "../../automation-api/terminal/contract.ts";
import type { Optimized } from "../../automation-api/tuning/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { roost, temporaryFolder } from "../automation-api/cli/terminal.ts";
import { debianPlugins } from "../host-provisioning/terminal/debian-plugins.ts";
import type { Client } from "../support/client.ts";
import { HostLab } from "../support/host-lab.ts";
import { differences, reasonWithoutTestHosts, TestHost } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();
const file = "/etc/nginx/nginx.conf";
const withPlugins = !reasonToSkip("zsh-autosuggestions", "zsh-syntax-highlighting");
const greeter = readFileSync(new URL("./fixtures/greeter.sh", import.meta.url), "utf8");
const receive = "/proc/sys/net/ipv4/tcp_rmem";

(isPossible ? describe : describe.skip)("actions on a host that runs nginx", () => {
  let lab: HostLab;
  let client: Client;
  let host: TestHost;

  beforeAll(async () => {
    host = await TestHost.create();
    await host.install("nginx-light", "zsh");
    await host.do("useradd --create-home --shell /usr/bin/zsh ann");
    await host.boot();
    lab = await HostLab.open();
    client = lab.client;
    await lab.add("web", host);
  });

  afterAll(async () => {
    await lab?.close();
  });

  const apply = (body: object) =>
    client.call<AppliedConfig>("POST", "/api/v1/config/apply", { host: "web", ...body });
  const ended: HostLab["ended"] = (...action) => lab.ended(...action);
  const rollback: HostLab["rollback"] = (...action) => lab.rollback(...action);
  /** Files but for those that services write by themselves, and the folders above them. */
  const state = async () => (await host.state()).filter((line) => /^\.\/(etc|usr)\//.test(line));

  it("are previewed with a difference, carried out, verified and taken back by the command line", async () => {
    const home = await temporaryFolder();
    const env = await lab.environment();
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
    expect(shown.stdout).toMatch(/\n~ \/etc\/nginx\/nginx\.conf +[\d.]+ kB\n/);
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
    const zsh = "su ann -c 'zsh -i -c \"print -r -- \\$HISTSIZE; alias ll gs\"' 2>&1";
    expect(await host.do("stat -c %U /home/ann/.zshrc /home/ann/.local/share/roost/zsh/*.zwc | uniq")).toBe(
      "ann\n",
    );
    const gathered = { aliases: [{ name: "gs", expansion: "git status" }] };
    await client.call("POST", "/api/v1/aliases/import", gathered);
    const aliases = [{ name: "ll", expansion: "ls -l" }];
    const shell = { ...first.detail.shell, aliases, registry: { aliases: true } };
    const second = await install("config/apply", { template: "zshrc", shell });
    expect((await ended(second)).state).toBe("applied");
    expect(await host.do(zsh)).toBe("50000\nll='ls -l'\ngs='git status'\n");
    // What changes in the registry since changes no shell but one that is described anew.
    await client.call("DELETE", "/api/v1/aliases/gs");
    const third = await install("themes/install", { theme: "two-lines", dryRun: true });
    expect(third.detail.shell).toMatchObject({ theme: "two-lines", aliases: [{ name: "ll" }] });
    expect(third.detail.registry?.added).toMatchObject([{ name: "gs" }]);
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

  it("keep each version of a shell, compare two, verify one, and put an older one back", async () => {
    const who = { host: "web", user: "ann" };
    const post = <Reply = InstalledShell>(path: string, body: object) =>
      client.call<Reply>("POST", `/api/v1/${path}`, { ...who, ...body });
    const get = <Reply>(what: string, query = "") =>
      client.call<Reply>("GET", `/api/v1/shells/${what}?host=web&user=ann${query}`);
    const text = () => host.do("cat /home/ann/.zshrc /home/ann/.local/share/roost/zsh/gen-*.zsh");
    const homes = async () => (await host.state()).filter((line) => line.startsWith("./home/ann/"));
    const before = await homes();
    const first = await ended(await post("themes/install", { theme: "plain" }));
    const made = await text();
    const aliases = [{ name: "gs", expansion: "git status" }];
    const second = await ended(
      await post("config/apply", { template: "zshrc", shell: { theme: "plain", aliases } }),
    );
    const versions = await get<ShellVersions>("versions");
    expect(versions.items.slice(0, 2)).toMatchObject([
      { action: second.id, isCurrent: true, state: "applied" },
      { action: first.id, isCurrent: false },
    ]);
    const { files } = await get<ShellDiff>("diff");
    expect(files[0]?.diff).toContain("\n+alias -- 'gs'='git status'\n");
    expect(await post<VerifiedShell>("shells/verify", {})).toMatchObject({ holds: true, action: second.id });
    await host.do("cp -a /home/ann/.zshrc /root/; echo 'alias gs=other' >>/home/ann/.zshrc");
    expect(await post<VerifiedShell>("shells/verify", {})).toMatchObject({
      holds: false,
      faults: [expect.stringContaining("/home/ann/.zshrc")],
    });
    await host.do("cp -a /root/.zshrc /home/ann/.zshrc");
    const home = await temporaryFolder();
    const env = await lab.environment();
    const command = (...args: string[]) => roost(["host", ...args], { env, home });
    const older = versions.items[1]?.version.slice(0, 12) ?? "";
    expect((await command("shells", "web", "ann")).stdout).toContain(older);
    const shown = await command("shell", "web", "ann", "--rollback", older);
    expect([shown.stderr, shown.code]).toEqual(["", 0]);
    const [, id = ""] = /--execute (act_\w+)\n$/.exec(shown.stdout) ?? [];
    expect((await command("shell", "web", "--execute", id)).code).toBe(0);
    expect((await command("shells", "web", "ann", "--verify")).code).toBe(0);
    expect((await get<ShellVersions>("versions")).current?.startsWith(older)).toBe(true);
    expect(await host.do("tail -n 3 /home/ann/.zshrc")).toBe(
      made.split("\n").slice(0, 3).join("\n").concat("\n"),
    );
    await rm(home, { recursive: true });
    const none = await client.fetch("POST", "/api/v1/shells/rollback", { ...who, version: "abcdef" });
    expect([none.status, await none.text()]).toEqual([400, expect.stringContaining('"field":"version"')]);
    for (const each of [{ id }, second, first])
      expect((await rollback(each)).undo).toMatchObject({ state: "succeeded", error: null });
    expect(differences(before, await homes())).toEqual([]);
  });

  (withPlugins ? it : it.skip)(
    "add plugins that are the pinned ones and within the budget, and take them back",
    async () => {
      const install = { host: "web", user: "ann", plugins: ["zsh-autosuggestions"] };
      const sources = [...debianPlugins().values()];
      const homes = async () => (await host.state()).filter((line) => line.startsWith("./home/ann/"));
      const before = await homes();
      const installed = await client.call<InstalledShell>("POST", "/api/v1/plugins/install", {
        ...install,
        sources,
      });
      expect(installed.detail.plugins).toEqual([
        expect.objectContaining({
          name: "zsh-autosuggestions",
          licence: "MIT",
          commit: expect.stringMatching(/^[0-9a-f]{40}$/),
        }),
      ]);
      expect(installed.detail.cost.firstCommandMs).toBeGreaterThan(0);
      expect((await ended(installed)).state).toBe("applied");
      const made = installed.detail.files[0]?.path ?? "";
      const told = `grep -c '^_zsh_autosuggest_start() {' ${made}; stat -c %U ${made}.zwc`;
      expect(await host.do(told)).toBe("1\nann\n");
      const shell = { plugins: install.plugins, budget: { firstCommandMs: 1 } };
      const costly = { host: "web", user: "ann", template: "zshrc", shell, sources };
      const refused = await client.fetch("POST", "/api/v1/config/apply", costly);
      const { faults } = (await refused.json()) as { faults: { field: string; message: string }[] };
      expect([refused.status, faults[0]?.message]).toEqual([400, expect.stringContaining("budget")]);
      expect((await rollback(installed)).state).toBe("undone");
      expect(differences(before, await homes())).toEqual([]);
    },
  );

  describe("that install packages again", () => {
    const again = (body: object) =>
      client.call<Reinstall>("POST", "/api/v1/reinstall/package", {
        host: "web",
        name: "nginx-common",
        ...body,
      });
    const lost = "/etc/nginx/koi-win";

    beforeAll(async () => {
      await host.do(greeter);
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

    it("in the version that is chosen, held and pinned, and go back to the older one", async () => {
      const before = await state();
      const wanted = { name: "greeter", version: "2.0", hold: true, pin: true };
      const body = { host: "web", packages: [wanted] };
      const done = await client.call<Reinstall>("POST", "/api/v1/reinstall/batch", body);
      expect(done.detail.available.greeter?.map(({ version }) => version)).toEqual(["2.0", "1.0"]);
      expect((await ended(done)).deployment?.error).toBe(null);
      const told = `dpkg-query -W -f '\${Version} ' greeter; cat /etc/greeter.conf; apt-mark showhold; apt-cache policy greeter`;
      expect(await host.do(told)).toMatch(/^2\.0 greeting of 2\.0\ngreeter\n[\s\S]*2\.0 1001\n/);
      expect((await rollback(done)).undo).toMatchObject({ state: "succeeded", error: null });
      expect(await host.do(told)).toMatch(/^1\.0 greeting of 1\.0\ngreeter:\n/);
      expect(differences(before, await state())).toEqual([]);
    });

    it.each([
      ["is not as packaged", "echo '# broken' >>/lib/systemd/system/nginx.service"],
      ["nginx.service does not run", "systemctl stop nginx || :"],
      [
        "Nobody listens at tcp 80",
        "sed -i 's/:80 /:81 /; s/ 80 / 81 /' /etc/nginx/sites-available/default; systemctl restart nginx || :",
      ],
      ["no_such_word", "echo 'no_such_word on;' >/etc/nginx/conf.d/broken.conf"],
    ])("go back by themselves when afterwards %s", async (message, breaking) => {
      const hook = "/etc/apt/apt.conf.d/99breaking";
      await host.do(`cat >${hook} <<'END'\nDPkg::Post-Invoke {"${breaking}";};\nEND\n`);
      const before = await state();
      const failed = await ended(await again({ configuration: "keep" }));
      expect([failed.state, failed.deployment?.error]).toEqual(["failed", expect.stringContaining(message)]);
      expect(differences(before, await state())).toEqual([]);
      expect(await host.do("systemctl is-active nginx")).toBe("active\n");
      await host.do(`rm ${hook}`);
    });
  });

  it("name the field of what cannot be, and touch nothing", async () => {
    const person = { user: "ann" };
    const alias = (expansion: string) => ({
      template: "zshrc",
      ...person,
      shell: { aliases: [{ name: "a", expansion }] },
    });
    const cases: [path: string, body: object, field: string][] = [
      ["reinstall/package", { name: "no-such-thing" }, "name"],
      ["reinstall/package", { name: "nginx-common", version: "0:99" }, "version"],
      ["reinstall/package", { name: "nginx-common", version: "1;reboot" }, "version"],
      ["reinstall/package", { name: "nginx-common", pin: true }, "pin"],
      ["reinstall/package", { name: "-o" }, "name"],
      [
        "reinstall/batch",
        { packages: [{ name: "nginx-common" }, { name: "redis-server" }] },
        "packages[1].name",
      ],
      ["reinstall/batch", { packages: [{ name: "greeter" }, { name: "greeter" }] }, "packages[1].name"],
      ["config/apply", { template: "nginx", parameters: { openFiles: "many" } }, "parameters.openFiles"],
      ["config/apply", { template: "sysctl", parameters: { set: "many" } }, "parameters.set"],
      ["config/apply", alias("a\nb"), "shell.aliases[0].expansion"],
      ["config/apply", alias("a\0b"), "shell.aliases[0].expansion"],
      [
        "plugins/install",
        { ...person, plugins: ["zsh-autosuggestions"], sources: ["x".repeat(300_000)] },
        "sources[0]",
      ],
      ["plugins/install", { ...person, plugins: ["powerlevel10k"] }, "plugins[0]"],
      ["themes/install", { ...person, theme: "agnoster" }, "theme"],
    ];
    const before = await state();
    for (const [path, body, field] of cases) {
      const reply = await client.fetch("POST", `/api/v1/${path}`, { host: "web", ...body });
      const { faults } = (await reply.json()) as { faults?: { field: string }[] };
      expect([path, reply.status, faults?.[0]?.field.startsWith(field) ? field : faults]).toEqual([
        path,
        400,
        field,
      ]);
    }
    expect(differences(before, await state())).toEqual([]);
  });
});
