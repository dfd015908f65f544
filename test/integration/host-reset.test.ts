import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { HostAction } from "../../automation-api/host-actions/contract.ts";
import type { Preview, Reset } from "../../automation-api/resets/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { roost, temporaryFolder } from "../automation-api/cli/terminal.ts";
import { Canaries, textOfDatabase } from "../support/canaries.ts";
import type { Client } from "../support/client.ts";
import { HostLab } from "../support/host-lab.ts";
import { differences, reasonWithoutTestHosts, TestHost, type TestSshd } from "../support/test-host.ts";

jest.setTimeout(240_000);
const isPossible = !reasonToSkip("engine", "postgres", "ssh", "sshd") && !reasonWithoutTestHosts();

(isPossible ? describe : describe.skip)("resets of a host over HTTP", () => {
  let lab: HostLab;
  let client: Client;
  let host: TestHost;
  let sshd: TestSshd;
  let hostId: string;
  const password = "zwölf-canary-Wörter";
  let before: string[];

  beforeAll(async () => {
    host = await TestHost.create();
    await host.install("tmux");
    await host.do("echo package >/var/cache/apt/archives/old.deb");
    lab = await HostLab.open();
    client = lab.client;
    ({ id: hostId, ...sshd } = await lab.add("one", host));
    await host.do(`useradd -m ops; echo 'ops:${password}' | chpasswd
      echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops`);
    before = await host.state();
  });

  afterAll(async () => {
    await lab?.close();
  });

  const preview = (body: object) => client.call<Preview>("POST", "/api/v1/reset/preview", body);
  const custom = (...workflow: object[]) =>
    client.call<Preview>("POST", "/api/v1/reset/custom", { host: "one", workflow });
  const ended = async ({ id }: Reset, of: "deployment" | "undo"): Promise<Reset> => {
    const path = `/api/v1/reset/status/${id}`;
    const { [of]: queued } = await client.call<Reset>("GET", path);
    await client.ended(queued?.id ?? "", 120_000);
    return client.call<Reset>("GET", path);
  };
  const execute = async ({ id, planHash }: Preview) =>
    ended(await client.call<Reset>("POST", "/api/v1/reset/execute", { reset: id, planHash }), "deployment");
  const rollback = async ({ id }: Reset, onChange = "stop") =>
    ended(await client.call<Reset>("POST", "/api/v1/reset/rollback", { reset: id, onChange }), "undo");
  const pathsGone = async () =>
    differences(before, await host.state()).flatMap((line) => /^- \.(\/\S+) regular/.exec(line)?.[1] ?? []);

  let first: Reset;
  let second: Reset;

  it("are previewed without a change, and carried out as they were previewed", async () => {
    const planned = await custom({ kind: "packages", names: ["tmux"] });
    expect(differences(before, await host.state())).toEqual([]);
    expect(planned).toMatchObject({ state: "planned", confirm: null, kept: [] });
    expect(planned.packages).toContainEqual(expect.objectContaining({ name: "tmux", class: "user" }));
    expect(planned.changes).toContainEqual(
      expect.objectContaining({ kind: "removed", path: "/usr/bin/tmux" }),
    );
    const other = { reset: planned.id, planHash: "0".repeat(64) };
    expect((await client.fetch("POST", "/api/v1/reset/execute", other)).status).toBe(412);
    first = await execute(planned);
    expect(first).toMatchObject({ state: "applied", deployment: { error: null } });
    expect(await pathsGone()).toEqual(expect.arrayContaining(["/usr/bin/tmux"]));
    const again = { reset: planned.id, planHash: planned.planHash };
    expect((await client.fetch("POST", "/api/v1/reset/execute", again)).status).toBe(409);
  });

  it("stay done when another one follows, and when the host moves, has another key, another user and a password", async () => {
    second = await execute(await preview({ host: "one", profile: "light" }));
    expect(second).toMatchObject({ state: "applied", profile: "light" });
    expect(await pathsGone()).toEqual(
      expect.arrayContaining(["/usr/bin/tmux", "/var/cache/apt/archives/old.deb"]),
    );
    const moved = await host.startSshd({ words: ["PermitRootLogin=no", "PubkeyAuthentication=no"] });
    const login = { name: "new", kind: "ssh", password };
    const { id: credential } = await client.call<{ id: string }>("POST", "/api/v1/credentials", login);
    const place = { port: moved.port, hostKey: moved.hostKey, user: "ops", sudo: true, credential };
    await client.call("PATCH", `/api/v1/hosts/${hostId}`, place);
    second = await rollback(second);
    expect(second.state).toBe("undone");
    const gone = await pathsGone();
    expect(gone).toContain("/usr/bin/tmux");
    expect(gone).not.toContain("/var/cache/apt/archives/old.deb");
    const resources = await client.call<{ items: { type: string }[] }>(
      "GET",
      `/api/v1/resources?project=hosts&stack=${hostId}`,
    );
    expect(resources.items.filter(({ type }) => type === "command:remote:Command")).toHaveLength(1);
  });

  it("are taken back exactly, unless people changed something since", async () => {
    await host.do("echo mine >/usr/bin/tmux");
    const stopped = await rollback(first);
    expect(stopped.state).toBe("applied");
    expect(stopped.undo).toMatchObject({
      state: "failed",
      error: expect.stringContaining("changed /usr/bin/tmux"),
    });
    expect(await host.do("cat /usr/bin/tmux")).toBe("mine\n");
    expect(await rollback(first, "replace")).toMatchObject({ state: "undone" });
    expect(differences(before, await host.state())).toEqual([]);
  });

  it("refuse a host that is no longer as it was when they were planned", async () => {
    const planned = await custom({ kind: "packages", names: ["tmux"] });
    await host.do("touch -d @1 /usr/bin/tmux");
    const failed = await execute(planned);
    expect(failed).toMatchObject({
      state: "failed",
      deployment: { error: expect.stringContaining("nothing was changed") },
    });
  });

  it("stay when a login of its own confirms them, and else go back by themselves", async () => {
    const { id, planHash } = await custom({ kind: "packages", names: ["tmux"] });
    const at = `/api/v1/host-actions/${id}`;
    const body = { planHash, confirmSeconds: 600 };
    const queued = await client.call<HostAction>("POST", `${at}/execute`, body);
    await client.ended(queued.deployment?.id ?? "", 120_000);
    const done = await client.call<HostAction>("GET", at);
    expect(done).toMatchObject({ kind: "reset", state: "unconfirmed", confirmSeconds: 600 });
    expect(Date.parse(done.confirmBefore ?? "")).toBeGreaterThan(Date.parse(done.createdAt));
    expect(await client.call("POST", `${at}/verify`)).toEqual({
      ...{ holds: true, state: "committed", faults: [] },
    });
    const { confirmation } = await client.call<HostAction>("POST", `${at}/confirm`);
    await client.ended(confirmation?.id ?? "", 120_000);
    expect(await client.call("GET", at)).toMatchObject({ state: "applied", confirmBefore: null });
    expect(await host.do(`ls /var/lib/roost/undo/${id}/confirmed`)).toContain("confirmed");
    expect((await client.fetch("POST", `${at}/confirm`)).status).toBe(409);
    const { undo } = await client.call<HostAction>("POST", `${at}/rollback`, {});
    await client.ended(undo?.id ?? "", 120_000);
    expect(await client.call("POST", `${at}/verify`)).toMatchObject({
      ...{ holds: false, state: "undone", faults: [expect.stringMatching(/ is still there\.$/)] },
    });
    const { items } = await client.call<{ items: HostAction[] }>("GET", "/api/v1/host-actions?host=one");
    expect(items[0]).toMatchObject({ id, state: "undone" });
    expect(items.length).toBeGreaterThan(3);
  });

  it("have a command line: a machine is added, scanned, reset by a preview, watched and put back", async () => {
    const home = await temporaryFolder();
    const again = await host.startSshd();
    const env = { ...(await lab.environment()), KEY: again.privateKey };
    const command = (...args: string[]) => roost(["host", ...args], { env, home });
    const login = `root@127.0.0.1:${again.port}`;
    const added = await command("add", "two", login, "--host-key", again.hostKey, "--private-key", "env:KEY");
    expect([added.stderr, added.code]).toEqual(["", 0]);
    expect((await command("scan", "two")).stdout).toMatch(/Debian/);
    const nothing = await command("reset", "two");
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("--package or a --path")]);
    const wrong = await command("reset", "two", "--profile", "light", "--path", "/srv/", "--path", "srv/");
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/^roost: --path: expected an absolute path.*\n {2}given: "srv"\n/),
    ]);
    const now = await host.state();
    const shown = await command("reset", "two", "--package", "tmux", "--package", "libc6");
    expect([shown.code, shown.stdout]).toEqual([
      0,
      expect.stringMatching(/\n- \/usr\/share\/doc\/tmux\/ {2}\d+ paths, [\d.]+ kB\n/),
    ]);
    expect(shown.stdout).toContain("\nlibc6 stays: ");
    const [, id = ""] = /roost host reset two --execute (rst_\w+)\n$/.exec(shown.stdout) ?? [];
    expect(differences(now, await host.state())).toEqual([]);
    for (const other of [["one"], ["two", "--profile", "light"]])
      expect(await command("reset", ...other, "--execute", id)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("--execute"),
      });
    expect(differences(now, await host.state())).toEqual([]);
    const watched = await command("reset", "two", "--execute", id);
    expect([watched.code, `${watched.stdout}${watched.stderr}`]).toEqual([
      0,
      expect.stringMatching(/executing 1\/1[\s\S]*Removing tmux[\s\S]*committed/),
    ]);
    expect(await pathsGone()).toContain("/usr/bin/tmux");
    expect((await command("undo", id)).code).toBe(0);
    expect(differences(now, await host.state())).toEqual([]);
    await rm(home, { recursive: true });
  });

  it("hold nothing when their deployment ends by a fault: the next one is carried out", async () => {
    const now = await host.state();
    const { hostKey } = await client.call<{ hostKey: { line: string } }>("GET", `/api/v1/hosts/${hostId}`);
    const planned = await custom({ kind: "packages", names: ["tmux"] });
    const stranger = await host.startSshd();
    await client.call("PATCH", `/api/v1/hosts/${hostId}`, { hostKey: stranger.hostKey });
    const failed = await execute(planned);
    expect([failed.state, failed.deployment?.state]).toEqual(["failed", "failed"]);
    expect(failed.deployment?.error).toMatch(/host key/);
    expect(differences(now, await host.state())).toEqual([]);
    await client.call("PATCH", `/api/v1/hosts/${hostId}`, { hostKey: hostKey.line });
    const next = await execute(await custom({ kind: "packages", names: ["tmux"] }));
    expect(next.state).toBe("applied");
    expect((await rollback(next)).state).toBe("undone");
    expect(differences(now, await host.state())).toEqual([]);
  });

  it("need words for what takes nearly everything, and are nobody's own deployments", async () => {
    const planned = await preview({ host: "one", profile: "nuclear" });
    expect(planned.confirm).toBe(`reset one ${planned.planHash.slice(0, 12)}`);
    const body = { reset: planned.id, planHash: planned.planHash, confirm: "yes" };
    expect((await client.fetch("POST", "/api/v1/reset/execute", body)).status).toBe(400);
    const own = { project: "hosts", stack: hostId, operation: "destroy" };
    expect((await client.fetch("POST", "/api/v1/deployments", own)).status).toBe(403);
  });

  it("leave the keys and passwords of hosts in no row, event or state", async () => {
    const canaries = new Canaries();
    canaries.add("the password", password);
    const lines = sshd.privateKey.split("\n").slice(1, -2);
    for (const [index, line] of lines.entries()) canaries.add(`line ${index} of the key`, line);
    const found = [...(await textOfDatabase(lab.database.db))].flatMap(([place, text]) =>
      canaries.in(place, text),
    );
    expect(found).toEqual([]);
  });
});
