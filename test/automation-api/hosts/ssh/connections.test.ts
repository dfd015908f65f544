import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { readPrivateKey } from "../../../../automation-api/credentials/ssh-key.ts";
import { HostConnections } from "../../../../automation-api/hosts/ssh/connections.ts";
import type { HostFault, SshTarget } from "../../../../automation-api/hosts/ssh/contract.ts";
import { loginError } from "../../../../automation-api/hosts/ssh/options.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "../../../plugins/command/sshd.ts";
import { hostKeys } from "../host-server.ts";

let sshd: Sshd;
let connections = new HostConnections();
const servers: Server[] = [];
const sockets = new Set<Socket>();

(reasonWithoutSshd() ? describe.skip : describe)("connections to hosts", () => {
  beforeAll(async () => {
    sshd = await startSshd();
  }, 90_000);
  afterEach(async () => {
    await connections.close();
    connections = new HostConnections();
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(() => sshd.stop());

  const target = (fields: Partial<SshTarget> = {}): SshTarget => ({
    id: "hst_one",
    name: "one",
    address: "127.0.0.1",
    port: sshd.port,
    user: sshd.user,
    hostKey: sshd.hostKeys.ed25519.split(" ", 2).join(" "),
    login: login("ed25519"),
    ...fields,
  });
  const login = (type: "ed25519" | "rsa") => ({
    privateKey: sshd.keys[type],
    publicKey: readPrivateKey(sshd.keys[type], "privateKey").line,
  });
  const run = (script: string, to = target(), more: object = {}) => connections.run(to, { script, ...more });
  const text = async (script: string, to = target()) => (await run(script, to)).stdout.toString();
  const faultOf = (work: Promise<unknown>): Promise<HostFault | "none"> =>
    work.then(
      () => "none",
      (error) => error.fault ?? error,
    );
  /** A TCP server in front of nothing or of the sshd. */
  const listen = async (onSocket: (socket: Socket) => void): Promise<number> => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      onSocket(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as { port: number }).port;
  };

  it("log in once for many scripts, whose text stands in no command line", async () => {
    const before = sshd.accepted();
    const outputs = await Promise.all(
      Array.from({ length: 20 }, (_, index) => text(`tr '\\0' ' ' < /proc/$$/cmdline; echo ${index}`)),
    );
    expect(outputs.map((output) => Number(output.match(/\d+$/m)?.[0]))).toEqual([...outputs.keys()]);
    expect(new Set(outputs.map((output) => output.trim().replace(/\d+$/, "")))).toEqual(
      new Set(["/bin/sh -s "]),
    );
    expect(sshd.accepted() - before).toBe(1);
  });

  it("run at most 8 scripts at a time on a host", async () => {
    const folder = path.join(sshd.folder, "busy");
    const script = `mkdir -p ${folder}; : > ${folder}/$$; ls ${folder} | wc -l; sleep 0.3; rm ${folder}/$$`;
    const seen = await Promise.all(Array.from({ length: 12 }, () => text(script)));
    const most = Math.max(...seen.map(Number));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it("give output as it was, whole and in bytes", async () => {
    const { stdout, stderr } = await run("head -c 300000 /dev/zero; printf '\\377'; echo aside >&2");
    expect([stdout.length, stdout.at(-1), stderr]).toEqual([300_001, 255, "aside\n"]);
  });

  it("keep the private key out of their files and of every argument list", async () => {
    const marks = sshd.keys.ed25519.split("\n").slice(2, 4);
    await text("true");
    const folders = readdirSync(tmpdir()).filter((name) => name.startsWith("roost-ssh-"));
    const own = folders.map((name) => path.join(tmpdir(), name));
    const stored = own.flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(path.join(folder, entry.name), "utf8")),
    );
    const commands = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    expect(stored.join("")).toContain("hst_one ssh-ed25519");
    for (const mark of marks) expect(stored.join("") + commands).not.toContain(mark);
  });

  it("read no file of the user who runs them", async () => {
    const home = path.join(sshd.folder, "home");
    mkdirSync(home);
    writeFileSync(path.join(home, ".bashrc"), `: >${path.join(home, "read")}\n`);
    const { HOME = "/", SHELL = "/bin/sh" } = process.env;
    Object.assign(process.env, { HOME: home, SHELL: "/bin/bash" });
    try {
      await text("true");
      expect(readdirSync(home)).toEqual([".bashrc"]);
    } finally {
      Object.assign(process.env, { HOME, SHELL });
    }
  });

  it.each([
    ["another key of the same type", { hostKey: hostKeys.one }, "host-key", "and is pinned to SHA256:"],
    [
      "a key of a type that it does not have",
      { hostKey: hostKeys.ecdsa },
      "host-key",
      "and is pinned to SHA256:",
    ],
    ["nobody there", { port: 1 }, "unreachable", "Nothing listens"],
    ["a name that does not resolve", { address: "nowhere.invalid" }, "unreachable", "cannot be resolved"],
  ] as const)("say what is wrong: %s", async (_what, fields, fault, words) => {
    const error = await run("echo never", target(fields)).catch((each) => each);
    expect([error.fault, error.message]).toEqual([fault, expect.stringContaining(words)]);
    expect(await faultOf(run("true"))).toBe("none");
  });

  it.each([
    ["ECONNREFUSED", "Nothing listens at its address and port."],
    ["ENOTFOUND", "Its name cannot be resolved."],
    ["EAI_AGAIN", "Its name cannot be resolved."],
    ["ETIMEDOUT", "It does not answer."],
    ["EHOSTUNREACH", "There is no way to its address."],
    ["ENETUNREACH", "There is no way to its address."],
  ])("say what %s of the system means", (code, words) => {
    const one = { name: "one", hostKey: hostKeys.one };
    expect(loginError(one, code)).toMatchObject({ fault: "unreachable", message: `one: ${words}` });
  });

  it("say that the login was refused", async () => {
    const folder = path.join(sshd.folder, "stranger");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", folder]);
    const privateKey = readFileSync(folder, "utf8");
    const stranger = { privateKey, publicKey: readPrivateKey(privateKey, "privateKey").line };
    expect(await faultOf(run("true", target({ login: stranger })))).toBe("authentication");
    expect(await faultOf(run("true", target({ login: login("rsa") })))).toBe("none");
  });

  it("end at the deadline: a script that hangs, a machine that says nothing", async () => {
    const began = Date.now();
    expect(await faultOf(run("sleep 60", target(), { deadlineMs: 1500 }))).toBe("deadline");
    const silent = target({ port: await listen(() => undefined) });
    expect(await faultOf(run("true", silent, { deadlineMs: 1000 }))).toBe("deadline");
    expect(Date.now() - began).toBeLessThan(8000);
    expect(await faultOf(run("true"))).toBe("none");
  });

  it("take a script of any length", async () => {
    expect(await text(`wc -c <<'E'\n${"x".repeat(3_000_000)}\nE\n`)).toBe("3000001\n");
  });

  it("stop reading at the cap, at a deadline and when nobody waits, and are there for the next script", async () => {
    await text("true");
    const before = sshd.accepted();
    const leaving = new AbortController();
    const left = run("echo $$; sleep 60", target(), { signal: leaving.signal });
    const flood = (more: object) => faultOf(run("exec cat /dev/zero", target(), more));
    expect(await flood({ capBytes: 1_000_000 })).toBe("output-cap");
    expect(await flood({ capBytes: 1e12, deadlineMs: 500 })).toBe("deadline");
    leaving.abort(new Error("left"));
    await expect(left).rejects.toMatchObject({ message: "left" });
    expect(await text("echo still")).toBe("still\n");
    expect(sshd.accepted()).toBe(before);
  });

  it("tell how a script ended", async () => {
    expect(await faultOf(run("exit 255"))).toBe("remote-exit");
    await expect(run("kill -9 $$")).rejects.toMatchObject({
      message: expect.stringMatching(/ended with KILL/),
    });
    await expect(run("echo sorry >&2; exit 3")).rejects.toMatchObject({
      fault: "remote-exit",
      message: expect.stringMatching(/ended with 3.*sorry/),
    });
  });

  it("that are dropped fail what runs, and are dialled anew by the next", async () => {
    let dialled: Socket[] = [];
    const { connect } = await import("node:net");
    const port = await listen((socket) => {
      const inner = connect(sshd.port, "127.0.0.1");
      inner.on("error", () => undefined);
      socket.pipe(inner).pipe(socket);
      dialled.push(socket, inner);
      socket.once("close", () => inner.destroy());
    });
    const through = target({ port });
    expect(await text("echo one", through)).toBe("one\n");
    const hanging = faultOf(run("sleep 60", through));
    const first = dialled;
    dialled = [];
    await text("echo sent", through);
    for (const socket of first) socket.destroy();
    expect(await hanging).toBe("unreachable");
    expect(await text("echo again", through)).toBe("again\n");
    expect(dialled.length).toBeGreaterThan(0);
  });

  it("go through a bastion that has a key of its own", async () => {
    const bastion = target({ id: "hst_gate", name: "gate", login: login("rsa") });
    const inner = target({ id: "hst_inner", name: "inner", bastion });
    const before = sshd.accepted();
    expect(await text('echo "$SSH_CONNECTION" | cut -d" " -f1', inner)).toBe("127.0.0.1\n");
    expect(sshd.accepted() - before).toBe(2);
    const dead = target({ id: "hst_dead", name: "dead", port: 1, bastion });
    await expect(run("true", dead)).rejects.toMatchObject({
      ...{ fault: "unreachable", message: expect.stringContaining("bastion gate got no connection") },
    });
    const wrong = target({ id: "hst_inner", name: "inner", bastion: { ...bastion, hostKey: hostKeys.one } });
    expect(await faultOf(run("true", wrong))).toBe("host-key");
  });
});
