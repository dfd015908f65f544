import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
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
    expect((await host("change", "web", "--sudo")).stdout).toMatch(/login +\S+, sudo\n/);
    expect((await host("change", "web", "--no-sudo")).stdout).not.toContain("sudo");
    const checked = await host("check", "web");
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringMatching(/health +healthy/)]);
    expect((await host("list")).stdout).toMatch(/^NAME.*\nweb .*healthy.*env=dev\n$/);
    const scanned = await host("scan", "web");
    expect(scanned.code).toBe(0);
    expect(scanned.stdout).toMatch(/scan +scn_\w+, \d+ facts in \d+ ms/);
    expect(scanned.stdout).toMatch(/\nPORT +ADDRESS +REACHED FROM/);
    expect(/seen as/.test(scanned.stdout)).toBe(sshd.user !== "root");
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
    const many = await host("scans", "web", "--limit", "many");
    expect([many.code, many.stderr]).toEqual([
      2,
      expect.stringContaining("--limit: expected a whole number"),
    ]);
    expect((await host("remove", "web", "--json")).json()).toMatchObject({ name: "web", removed: true });
    expect((await host("show", "web")).code).toBe(4);
    expect((await host("list")).stdout).toBe("There are no hosts here.\n");
  });

  it("imports hosts of an OpenSSH configuration, with what was left out and why", async () => {
    await mkdir(path.join(home, ".ssh"), { recursive: true });
    const config = `Host gate\n HostName 127.0.0.1\n Port ${sshd.port}\n IdentityFile ~/.ssh/x\nHost strange\n HostName 10.9.9.9\n`;
    await writeFile(path.join(home, ".ssh", "config"), config);
    await writeFile(
      path.join(home, ".ssh", "known_hosts"),
      `[127.0.0.1]:${sshd.port} ${sshd.hostKeys.ed25519.trim()}\n`,
    );
    const words = ["import", "--user", sshd.user, "--label", "from=file", "--private-key", "file:~/key"];
    const dry = await host(...words, "--dry-run");
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(/^WOULD BE ADDED .*\ngate .* SHA256:/)]);
    expect((await host("list")).stdout).toBe("There are no hosts here.\n");
    const done = await host(...words);
    expect(done.stdout).toMatch(/^ADDED .*\ngate .*\n\nLINE .*\n +5 {2}strange +The known hosts hold no key/);
    expect(done.stdout).toMatch(/\nSettings that have no place here: identityfile\.\n$/);
    expect((await host("check", "gate")).code).toBe(0);
    const keys = async () => (await server.call("GET", "/api/v1/credentials")).body.items.length;
    const before = await keys();
    expect((await host(...words)).stdout).toMatch(/^No host can be added\.\n\nLINE .*\n +1 {2}gate /);
    expect(await keys()).toBe(before);
    expect((await host("import", path.join(home, "nothing"))).stderr).toContain("cannot be read (ENOENT)");
  });

  it("changes what is known of a host, and nothing when nothing is named", async () => {
    const before = (await host("show", "gate", "--json")).json<{ version: number; credential: string }>();
    const none = await host("change", "gate");
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("nothing is named")]);
    const labelled = await host(
      "change",
      "gate",
      "--label",
      "env=dev",
      "--unlabel",
      "from",
      "--name",
      "door",
    );
    expect([labelled.code, labelled.stdout]).toEqual([0, expect.stringMatching(/host +door\n.*env=dev\n/s)]);
    const pinned = await host("change", "door", "--host-key", hostKeys.one, "--login", login(), "--json");
    expect(pinned.json()).toMatchObject({
      ...{ name: "door", labels: { env: "dev" }, credential: before.credential },
      hostKey: { line: hostKeys.one, trust: "verified" },
    });
    expect((await host("check", "door")).stdout).toMatch(
      /if it is right +roost host change door --fingerprint/,
    );
    const right = await host("change", "door", "--first-use");
    expect([right.code, right.stdout]).toEqual([0, expect.stringContaining("first-use by admin")]);
    await host("add", "inner", login(), "--host-key", hostKeys.two, "--bastion", "door");
    expect((await host("show", "inner")).stdout).toMatch(/bastion +door\n/);
    expect((await host("change", "inner", "--no-bastion", "--json")).json()).toMatchObject({ bastion: null });
    expect((await host("remove", "inner")).code).toBe(0);
  });

  it("names hosts by their labels as a group, and forgets it", async () => {
    const none = await host("group");
    expect(none.stdout).toBe("There are no groups here.\n");
    expect((await host("group", "add", "devs", "--label", "env=dev")).stdout).toBe("devs has 1 host.\n");
    expect((await host("group")).stdout).toMatch(/^GROUP +HOSTS +LABELS\ndevs +1 +env=dev\n$/);
    expect((await host("list", "--group", "devs")).stdout).toMatch(/\ndoor /);
    expect((await host("group", "remove", "devs")).code).toBe(0);
    expect((await host("group", "remove", "devs")).code).toBe(4);
  });

  it("lists scans, gives reports in each form, and compares any two", async () => {
    const first = (await host("scan", "door", "--json")).json<{ id: string }>();
    const second = (await host("scan", "door", "--json")).json<{ id: string }>();
    const listed = await host("scans", "door");
    expect(listed.stdout).toMatch(new RegExp(`^SCAN .*\n${second.id} +door +quick .*\n${first.id} `));
    const report = (await host("report", "door")).json<{ scan: { id: string } }>();
    expect(report.scan.id).toBe(second.id);
    expect((await host("report", first.id, "--format", "mermaid")).stdout).toMatch(/^flowchart LR\n/);
    const file = path.join(home, "door.json");
    expect((await host("report", "door", "--out", file)).stdout).toBe(`${second.id} is in ${file}.\n`);
    expect(JSON.parse(await readFile(file, "utf8")).scan.id).toBe(second.id);
    const none = await host("report", "door", "--format", "sarif");
    expect([none.code, none.stderr]).toEqual([4, expect.stringContaining("Full scan of host door")]);
    const back = (await host("diff", first.id, second.id, "--json")).json();
    expect(back).toMatchObject({ base: { id: second.id }, scan: { id: first.id } });
    expect((await host("diff", "door", "--json")).json()).toMatchObject({ base: { id: first.id } });
  });

  it("has credentials listed without values, rotated and removed once no host names them", async () => {
    const env = { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken };
    const credential = (...args: string[]) => roost(["credential", ...args], { env, home });
    const added = await credential("add", "spare", "--private-key", "file:~/key", "--json");
    const { id, publicKey } = added.json<{ id: string; publicKey: string }>();
    await writeFile(path.join(home, "other"), sshd.keys.rsa, { mode: 0o600 });
    const rotated = await credential("rotate", id, "--private-key", "file:~/other");
    expect(rotated.stdout).toMatch(/public key +ssh-rsa /);
    expect(rotated.stdout).not.toContain(publicKey);
    const listed = await credential("list");
    expect(listed.stdout).toMatch(new RegExp(`\n${id} +spare +ssh +\\d+ s ago +never`));
    expect(listed.stdout).toMatch(/ login to|imported hosts/);
    for (const { stdout } of [added, rotated, listed])
      for (const key of [sshd.keys.ed25519, sshd.keys.rsa]) expect(stdout).not.toContain(key.split("\n")[2]);
    expect((await credential("remove", id)).code).toBe(0);
    const { credential: used } = (await host("show", "door", "--json")).json<{ credential: string }>();
    expect((await credential("remove", used)).code).toBe(6);
    expect((await host("remove", "door")).code).toBe(0);
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
