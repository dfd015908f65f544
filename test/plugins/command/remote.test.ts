import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import ssh2 from "ssh2";
import { holdLogin } from "../../../plugins/command/logins.ts";
import { remoteCommand } from "../../../plugins/command/remote-command.ts";
import type { Properties, Value } from "../../../plugins/provider/index.ts";
import { secret } from "../../../plugins/provider/index.ts";
import { plain, restoreSecrets } from "../../../plugins/provider/secrets.ts";
import { pidsIn, until, untilGone } from "../../support/processes.ts";
import { labOf } from "./lab.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "./sshd.ts";

const suite = reasonWithoutSshd() ? describe.skip : describe;

/** Checks the inputs and runs `create`, as an update does. */
async function create(inputs: Properties) {
  const { inputs: checked, failures } = await checkOf(inputs);
  expect(failures).toEqual([]);
  const lab = labOf(checked);
  return { ...(await remoteCommand.create(lab.context, { inputs: lab.inputs })), log: lab.log };
}

const checkOf = async (inputs: Properties) => {
  const { context } = labOf(inputs);
  const request = { inputs: plain(inputs), oldInputs: undefined, randomSeed: new Uint8Array() };
  const checked = await remoteCommand.check!(context, request);
  return { ...checked, inputs: restoreSecrets(checked.inputs, inputs) };
};

suite("remote.Command against OpenSSH", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd(["AcceptEnv GREETING"]);
  });
  afterAll(() => sshd.stop());

  const withLogin = (changes: Properties): Value => ({
    ...sshd.connection,
    privateKey: undefined,
    ...changes,
  });

  it("runs with stdin and environment, logs lines, and keeps both outputs", async () => {
    const { id, state, log } = await create({
      connection: sshd.connection,
      create: 'cat; echo "$GREETING"; echo warned >&2',
      stdin: "typed\n",
      environment: { GREETING: "hello there" },
    });
    expect(id).toMatch(/^it[0-9a-f]{8}$/);
    expect(state).toMatchObject({ stdout: "typed\nhello there", stderr: "warned" });
    expect(
      log
        .join("\n")
        .split("\n")
        .map((line) => line.replace(/^info: /, ""))
        .sort(),
    ).toEqual(["hello there", "typed", "warned"].sort());
  });

  it.each(["ed25519", "rsa", "ecdsa"] as const)("takes a server by its pinned %s key", async (type) => {
    const connection = { ...sshd.connection, hostKey: sshd.hostKeys[type] };
    expect((await create({ connection, create: "echo in" })).state.stdout).toBe("in");
  });

  it("refuses a server with another host key at once", async () => {
    const other = await startSshd();
    const connection = { ...sshd.connection, hostKey: other.hostKeys.ed25519 };
    const before = sshd.accepted();
    await expect(create({ connection, create: "echo in" })).rejects.toThrow(
      "host key is not the expected one",
    );
    expect(sshd.accepted() - before).toBe(1);
    await other.stop();
  });

  it.each([
    ["an RSA key", () => withLogin({ privateKey: sshd.keys.rsa })],
    ["an ECDSA key", () => withLogin({ privateKey: sshd.keys.ecdsa })],
    [
      "an encrypted key",
      () => withLogin({ privateKey: sshd.keys.encrypted, privateKeyPassword: "open sesame" }),
    ],
    ["a proxy", () => ({ ...sshd.connection, proxy: sshd.connection })],
  ])("logs in with %s", async (_, connection) => {
    expect((await create({ connection: connection(), create: "echo in" })).state.stdout).toBe("in");
  });

  it("logs in through an agent's socket", async () => {
    const socket = join(sshd.folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    const add = (): Promise<number | null> =>
      new Promise((resolve) => {
        const env = { ...process.env, SSH_AUTH_SOCK: socket };
        spawn("ssh-add", ["-q", join(sshd.folder, "login-ed25519")], { env, stdio: "ignore" }).once(
          "exit",
          resolve,
        );
      });
    await until("the agent has the key", async () => (await add()) === 0);
    const { state } = await create({ connection: withLogin({ agentSocketPath: socket }), create: "echo in" });
    expect(state.stdout).toBe("in");
    agent.kill("SIGKILL");
  });

  it("says that a key cannot be read, without trying to connect", async () => {
    const before = sshd.accepted();
    const connection = { ...sshd.connection, privateKey: "no key" };
    await expect(create({ connection, create: "echo in" })).rejects.toThrow(/privateKey cannot be read/);
    expect(sshd.accepted()).toBe(before);
  });

  it("fails with the exit status and all that was printed", async () => {
    const failing = { connection: sshd.connection, create: "echo out; echo err >&2; exit 7" };
    await expect(create(failing)).rejects.toThrow(
      /^exit status 7: running "echo out; .*":\n(out\nerr|err\nout)\n$/,
    );
  });

  it("does not run a command whose environment the server refuses", async () => {
    const marker = join(sshd.folder, "ran");
    const inputs = {
      connection: sshd.connection,
      create: `touch ${marker}`,
      environment: { OTHER: "x", GREETING: "y" },
    };
    await expect(create(inputs)).rejects.toThrow(/does not accept OTHER: allow it with AcceptEnv/);
    await expect(readFile(marker)).rejects.toThrow("ENOENT");
  });

  it("leaves out the last output with a warning where the server refuses it", async () => {
    const inputs = { connection: sshd.connection, update: 'echo "[$PULUMI_COMMAND_STDOUT]"' };
    const lab = labOf(inputs);
    const request = { id: "it", inputs, oldInputs: inputs, state: { ...inputs, stdout: "before" } };
    expect(await remoteCommand.update!(lab.context, request)).toMatchObject({ stdout: "[]" });
    expect(lab.log.join()).toContain("warning: the server does not accept PULUMI_COMMAND_STDOUT");
  });

  it("ends the remote process group and the connection when cancelled", async () => {
    const file = join(sshd.folder, "pids");
    const inputs = {
      connection: sshd.connection,
      create: `trap '' INT; sleep 1000 & echo $! >> ${file}; echo $$ >> ${file}; wait`,
    };
    const lab = labOf(inputs);
    const running = remoteCommand.create(lab.context, { inputs });
    const pids = await pidsIn(file, 2);
    const from = Date.now();
    lab.cancel();
    await expect(running).rejects.toThrow();
    expect(Date.now() - from).toBeLessThan(1_500);
    await untilGone(pids, 2);
  });

  it("hides what is secret in log and error, and the output when an input is secret", async () => {
    const inputs = {
      connection: sshd.connection,
      create: "cat; cat /nowhere-$GREETING",
      stdin: secret("canary-one"),
      environment: { GREETING: secret("canary-two") },
    };
    const failure = await create(inputs).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failure).toMatch(/nowhere/);
    const { state, log } = await create({ ...inputs, create: "cat; echo $GREETING" });
    expect(state.stdout).toMatchObject({ value: "canary-onecanary-two" });
    expect(log.join()).not.toMatch(/canary/);
    const { context } = labOf(inputs);
    expect(context.mask(failure)).not.toMatch(/canary/);
  });

  it("keeps the host's name readable: only login data counts as secret in a connection", async () => {
    const { inputs } = await checkOf({ connection: { ...sshd.connection, password: "canary-three" } });
    const { context } = labOf(inputs);
    const text = `127.0.0.1 ${sshd.user} ${sshd.connection.hostKey} canary-three`;
    expect(context.mask(text)).toBe(text.replace("canary-three", "[secret]"));
  });
});

describe("connecting", () => {
  const closed = { host: "127.0.0.1", port: 1, user: "x", password: "some password" };

  it("gives up after the given number of failures, telling of each", async () => {
    const inputs = { connection: { ...closed, dialErrorLimit: 2 }, create: "true" };
    const lab = labOf(inputs);
    await expect(remoteCommand.create(lab.context, { inputs })).rejects.toThrow(
      /^127\.0\.0\.1:1: after 3 failed attempts: .*ECONNREFUSED/,
    );
    expect(lab.log).toHaveLength(2);
  });

  it("tries for ever with -1, and stops when cancelled", async () => {
    const inputs = { connection: { ...closed, dialErrorLimit: -1 }, create: "true" };
    const lab = labOf(inputs);
    const running = remoteCommand.create(lab.context, { inputs });
    await until("three attempts", () => lab.log.length >= 3);
    lab.cancel();
    await expect(running).rejects.toThrow();
  });

  it("gives each attempt its own time", async () => {
    const { createServer } = await import("node:net");
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const inputs = { connection: { ...closed, port, dialErrorLimit: 0, perDialTimeout: 1 }, create: "true" };
    await expect(remoteCommand.create(labOf(inputs).context, { inputs })).rejects.toThrow(/Timed out/);
    silent.close();
  });

  // OpenSSH checks passwords of system users, and none is made for a test: the library's own server asks here.
  it.each(["password", "keyboard-interactive"])("logs in with a password by %s", async (method) => {
    // One of the library's own is now and then one that it cannot read.
    const hostKey = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "pkcs1", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    }).privateKey;
    const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      client.on("error", () => undefined);
      client.on("authentication", (attempt) => {
        if (attempt.method !== method) return attempt.reject([method as "password"]);
        if (attempt.method === "password") {
          return attempt.password === closed.password ? attempt.accept() : attempt.reject();
        }
        if (attempt.method !== "keyboard-interactive") return attempt.reject();
        attempt.prompt([{ prompt: "Password:", echo: false }], ([answer]) =>
          answer === closed.password ? attempt.accept() : attempt.reject(),
        );
      });
      client.on("session", (accept) =>
        accept().on("exec", (acceptCommand) => {
          const channel = acceptCommand();
          channel.write("in\n");
          channel.exit(0);
          channel.end();
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const connection = { ...closed, port, dialErrorLimit: 0 };
    expect((await create({ connection, create: "anything" })).state.stdout).toBe("in");
    holdLogin("by-password", { password: closed.password });
    const held = { ...connection, password: undefined, agentSocketPath: "roost-agent:by-password" };
    expect((await create({ connection: held, create: "anything" })).state.stdout).toBe("in");
    server.close();
  });
});
