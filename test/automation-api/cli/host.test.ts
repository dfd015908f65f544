import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { HostConnections } from "../../../automation-api/hosts/service.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "../../plugins/command/sshd.ts";
import { hostKeys, hostServer } from "../hosts/host-server.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";
import { roost, temporaryFolder } from "./terminal.ts";

let server: TestServer;
let sshd: Sshd;
let home: string;
const connections = new HostConnections();

(reasonWithoutSshd() ? describe.skip : describe)("roost host", () => {
  beforeAll(async () => {
    sshd = await startSshd();
    server = await startTestServer(hostServer(connections));
    home = await temporaryFolder();
    await writeFile(path.join(home, "key"), sshd.keys.ed25519, { mode: 0o600 });
  }, 90_000);
  afterAll(async () => {
    await connections.close();
    await server.close();
    await sshd.stop();
    await rm(home, { recursive: true, force: true });
  });

  const host = (...args: string[]) =>
    roost(["host", ...args], { env: { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken }, home });
  const login = () => `${sshd.user}@127.0.0.1:${sshd.port}`;
  const key = () => ["--private-key", `file:${path.join(home, "key")}`];

  it("adds a host by the fingerprint of its key, checks, scans and removes it", async () => {
    const shown = await server.call("POST", "/api/v1/hosts/host-key", {
      body: { address: "127.0.0.1", port: sshd.port },
    });
    const [{ fingerprint }] = shown.body.keys;
    const added = await host(
      "add",
      "web",
      login(),
      "--fingerprint",
      fingerprint,
      ...key(),
      "--label",
      "env=dev",
    );
    expect([added.code, added.stdout]).toEqual([0, expect.stringContaining(`verified by admin`)]);
    expect(added.stdout + added.stderr).not.toContain(sshd.keys.ed25519.split("\n")[2]);
    const checked = await host("check", "web");
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringMatching(/health +healthy/)]);
    expect((await host("list")).stdout).toMatch(/^NAME.*\nweb .*healthy.*env=dev\n$/);
    const scanned = await host("scan", "web");
    expect(scanned.code).toBe(0);
    expect(scanned.stdout).toMatch(/scan +scn_\w+, \d+ facts in \d+ ms/);
    expect(scanned.stdout).toMatch(/\nPORT +ADDRESS +REACHED FROM/);
    const again = (await host("scan", "web", "--json")).json();
    expect((await host("show", "web", "--json")).json()).toMatchObject({
      name: "web",
      lastScan: { id: again.id },
    });
    expect((await host("show", "web")).stdout).toMatch(/last scan +scn_\w+, \d+ facts/);
    const report = (await host("scan", "web", "--report", "--json")).json<{
      network: { ports: unknown[] };
    }>();
    expect(report.network.ports.length).toBeGreaterThan(0);
    const diff = (await host("scan", "web", "--diff", "--json")).json<{ base: { id: string } }>();
    expect(diff.base.id).toMatch(/^scn_/);
    expect((await host("scan", "web", "--diff")).code).toBe(0);
    expect((await host("remove", "web", "--json")).json()).toMatchObject({ name: "web", removed: true });
    expect((await host("show", "web")).code).toBe(4);
    expect((await host("list")).stdout).toBe("There are no hosts here.\n");
  });

  it("pins what the machine shows only when that is said", async () => {
    const none = await host("add", "met", login());
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("--first-use")]);
    const wrong = await host("add", "met", login(), "--fingerprint", "SHA256:wrong");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("ssh-ed25519 SHA256:")]);
    const met = await host("add", "met", login(), "--first-use", "--json");
    expect(met.json()).toMatchObject({ hostKey: { trust: "first-use" }, credential: null });
    const locked = await host("scan", "met");
    expect([locked.code, locked.stderr]).toEqual([6, expect.stringContaining("no credential")]);
  });

  it("ends with 1 for a host that is not well, and leaves no key of a host that was not added", async () => {
    const before = (await server.call("GET", "/api/v1/credentials")).body.items.length;
    const added = await host("add", "other", login(), "--host-key", hostKeys.one, ...key());
    expect(added.code).toBe(0);
    const checked = await host("check", "other");
    expect([checked.code, checked.stdout]).toEqual([1, expect.stringMatching(/health +host-key.*fault/s)]);
    const taken = await host("add", "other", login(), "--host-key", hostKeys.one, ...key());
    expect(taken.code).toBe(6);
    expect((await server.call("GET", "/api/v1/credentials")).body.items).toHaveLength(before + 1);
  });

  it.each([
    ["no user", "10.0.0.1"],
    ["nothing", ""],
    ["a port that is none", "a@b:99999"],
  ])("refuses %s", async (_what, place) => {
    expect((await host("add", "bad", place, "--host-key", hostKeys.one)).code).toBe(2);
  });

  it.each([
    ["ops@10.0.0.1", "10.0.0.1", 22],
    ["ops@10.0.0.1:2222", "10.0.0.1", 2222],
    ["ops@[fe80::1]:2222", "fe80::1", 2222],
    ["ops@fe80::1:22", "fe80::1:22", 22],
  ])("reads %s", async (place, address, port) => {
    const name = `h${address.replaceAll(/\W/g, "")}-${port}`;
    const added = await host("add", name, place, "--host-key", hostKeys.two, "--json");
    expect(added.json()).toMatchObject({ address, port, user: "ops" });
  });
});
