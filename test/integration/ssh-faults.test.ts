import { existsSync, readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { readPrivateKey } from "../../automation-api/credentials/ssh-key.ts";
import { HostConnections } from "../../automation-api/hosts/service.ts";
import type { SshTarget } from "../../automation-api/hosts/ssh/contract.ts";
import { quickScript, readFacts } from "../../host-provisioning/facts/index.ts";
import { remoteCommand } from "../../plugins/command/remote-command.ts";
import { labOf } from "../plugins/command/lab.ts";
import { makeSshdFiles, reasonWithoutSshd, type SshdFiles } from "../plugins/command/sshd.ts";
import { FarNetwork, reasonWithoutNetworks } from "../support/far-network.ts";
import { pidsIn, until, untilGone } from "../support/processes.ts";

const ports = { plain: 2201, narrow: 2202, hung: 2203 };
const mark = "0123456789abcdef";
const gigabyte = 1024 ** 3;

/** Both ways to a host: the pooled connections of what reads, and the provider's of what changes. */
((reasonWithoutSshd() ?? reasonWithoutNetworks()) ? describe.skip : describe)("faults of SSH", () => {
  let network: FarNetwork;
  let files: SshdFiles;
  let connections: HostConnections;
  /** Where scripts put their process ids. */
  let pids: string;

  beforeAll(async () => {
    network = new FarNetwork();
    files = await makeSshdFiles();
    await network.startSshd(files.configuration, ports.plain);
  }, 60_000);
  beforeEach(() => {
    connections = new HostConnections({ aliveSeconds: 1 });
    pids = path.join(files.folder, "pids");
  });
  afterEach(async () => {
    network.clearFilter();
    await connections.close();
    await rm(pids, { force: true });
  });
  afterAll(async () => {
    network.close();
    await rm(files.folder, { recursive: true });
  });

  const target = (fields: Partial<SshTarget> = {}): SshTarget => ({
    ...{ id: "hst_far", name: "far", address: network.address, port: ports.plain, user: files.user },
    hostKey: files.hostKeys.ed25519.trim(),
    login: {
      privateKey: files.keys.ed25519,
      publicKey: readPrivateKey(files.keys.ed25519, "privateKey").line,
    },
    ...fields,
  });
  const read = (script: string, fields: Partial<SshTarget> = {}, more: object = {}) =>
    connections.run(target(fields), { script, ...more }).then(({ stdout }) => stdout.toString());
  const change = (stdin: string, { port = ports.plain, hostKey = files.hostKeys.ed25519 } = {}) => {
    const login = { user: files.user, privateKey: files.keys.ed25519, hostKey };
    const connection = { host: network.address, port, ...login, dialErrorLimit: 3, perDialTimeout: 5 };
    const lab = labOf({ connection, create: "exec /bin/sh -s", stdin, logging: "none" });
    const done = remoteCommand.create(lab.context, { inputs: lab.inputs });
    return { ...lab, text: done.then(({ state }) => String(state.stdout)) };
  };
  const faultOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "none",
      (error) => error.fault ?? error.message,
    );
  /** Nothing is held by what has failed: as many scripts as ever run at once, and a change is made. */
  const isFree = async () => {
    const turns = Array.from({ length: 9 }, (_, turn) => read(`echo ${turn}`));
    expect((await Promise.all(turns)).map(Number)).toEqual([...turns.keys()]);
    expect(await change("echo made").text).toBe("made");
  };
  /** A script that says that it has begun and then hangs, on either way. */
  const hanging = async () => {
    const script = `echo $$ >>${pids}; exec sleep 600`;
    const found = [faultOf(read(script)), faultOf(change(script).text)];
    const begun = await pidsIn(pids, 2);
    return { found: () => Promise.all(found), end: () => begun.map((pid) => process.kill(pid, "SIGKILL")) };
  };

  it("a tenth of all packets lost, in both directions: slower, and whole", async () => {
    for (const way of ["INPUT", "OUTPUT"])
      network.filter(`${way} -m statistic --mode nth --every 10 --packet 3 -j DROP`);
    const facts = readFacts(await read(quickScript(mark), {}, { capBytes: 16 * 1024 ** 2 }), mark);
    expect(Object.keys(facts?.performance.cpuTicks ?? {}).length).toBeGreaterThan(0);
    const long = "x".repeat(300_000);
    expect(await change(`printf %s ${long} | wc -c`).text).toMatch(/^ *300000$/);
  }, 60_000);

  it.each([
    ["reset", "INPUT -p tcp -j REJECT --reject-with tcp-reset"],
    ["dropped without a word", "INPUT -j DROP"],
  ])(
    "a connection that is %s in the middle of a script ends it with that fault, and the next one is dialled",
    async (_what, rule) => {
      const { found, end } = await hanging();
      network.filter(rule);
      const [first, second] = await found();
      network.clearFilter();
      end();
      expect(first).toBe("unreachable");
      expect(second).toMatch(/connection was lost/);
      await isFree();
    },
    60_000,
  );

  it("another host key: nothing is sent", async () => {
    const stranger = await makeSshdFiles();
    const hostKey = stranger.hostKeys.ed25519;
    const script = `touch ${pids}`;
    expect(await faultOf(read(script, { hostKey: hostKey.trim() }))).toBe("host-key");
    expect(await faultOf(change(script, { hostKey }).text)).toMatch(/host key is not the expected one/);
    expect(existsSync(pids)).toBe(false);
    await rm(stranger.folder, { recursive: true });
    await isFree();
  });

  it("MaxStartups 1 while another logs in: told as that, or waited out", async () => {
    const narrow = await makeSshdFiles(["MaxStartups 1"]);
    await network.startSshd(narrow.configuration, ports.narrow);
    const fields = { port: ports.narrow, hostKey: narrow.hostKeys.ed25519.trim() };
    const login = {
      privateKey: narrow.keys.ed25519,
      publicKey: readPrivateKey(narrow.keys.ed25519, "privateKey").line,
    };
    // Somebody who has connected and does not log in.
    const other = await network.greeted(ports.narrow);
    await expect(read("echo in", { ...fields, login })).rejects.toMatchObject({
      fault: "unreachable",
      message: expect.stringContaining("MaxStartups"),
    });
    const refused = change("echo in", fields);
    expect(await faultOf(refused.text)).toMatch(/after 4 failed attempts/);
    const waiting = change("cat", fields);
    await until("it was refused once", () => waiting.log.length > 0);
    const [reading] = [read("echo in", { ...fields, login }), other.destroy()];
    expect(await reading).toBe("in\n");
    // The test's own login key is not one of this server's: it got as far as that.
    expect(await faultOf(waiting.text)).toMatch(/authentication/i);
    await rm(narrow.folder, { recursive: true });
  }, 60_000);

  it("a login shell that hangs: the deadline ends a read, cancelling ends a change", async () => {
    const hung = await makeSshdFiles([`ForceCommand echo $$ >>${pids}; exec sleep 600`]);
    await network.startSshd(hung.configuration, ports.hung);
    const own = { port: ports.hung, hostKey: hung.hostKeys.ed25519.trim() };
    const login = {
      privateKey: hung.keys.ed25519,
      publicKey: readPrivateKey(hung.keys.ed25519, "privateKey").line,
    };
    // One more than run at once: the last never gets its turn.
    const reads = Array.from({ length: 9 }, () =>
      faultOf(read("echo in", { ...own, login }, { deadlineMs: 2_000 })),
    );
    expect(new Set(await Promise.all(reads))).toEqual(new Set(["deadline"]));
    const key = readFileSync(path.join(hung.folder, "login-ed25519"), "utf8");
    const connection = { host: network.address, port: ports.hung, user: hung.user, privateKey: key };
    const lab = labOf({ connection: { ...connection, hostKey: hung.hostKeys.ed25519 }, create: "true" });
    const before = (await pidsIn(pids, 1)).length;
    const changing = faultOf(remoteCommand.create(lab.context, { inputs: lab.inputs }));
    const begun = await pidsIn(pids, before + 1);
    lab.cancel();
    expect(await changing).toBe("cancelled");
    for (const pid of begun) process.kill(pid, "SIGKILL");
    await rm(hung.folder, { recursive: true });
    await isFree();
  }, 60_000);

  it("a gigabyte of output: no more than the cap is kept, and what prints it ends", async () => {
    const script = `echo $$ >>${pids}; exec head -c ${gigabyte} /dev/zero`;
    const before = process.memoryUsage().rss;
    expect(await faultOf(read(script))).toBe("output-cap");
    expect(await faultOf(change(script).text)).toMatch(/^ended after 16777216 letters of output/);
    expect(process.memoryUsage().rss - before).toBeLessThan(gigabyte / 2);
    await untilGone(await pidsIn(pids, 2));
    expect((await readFile(pids, "utf8")).trim().split("\n")).toHaveLength(2);
    await isFree();
  }, 60_000);
});
