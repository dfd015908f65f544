import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, createServer, type Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it as jestIt } from "@jest/globals";
import { LauncherConnection } from "../../../automation-api/engine/launcher-connection.ts";
import { encodeFrame, encodeJson } from "../../../plugins/process/frames.ts";
import type { Child, LaunchRequest } from "../../../plugins/process/launch.ts";
import { socketLauncher } from "../../../plugins/process/socket.ts";
import { isAlive, until } from "../../support/processes.ts";

// The real two ends of the socket. Both sides have the user of this process, which needs no rights.
const user = process.getuid!();
// The launcher gives each user a group of the same number; who may not change groups must have that one.
const it = user === 0 || user === process.getgid!() ? jestIt : jestIt.skip;
let folder: string;
let socket: string;
let server: Server;
let connections = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "socket-test-"));
  socket = path.join(folder, "launcher");
  server = createServer((connection) => {
    connections += 1;
    connection.once("close", () => {
      connections -= 1;
    });
    const users = { runner: user, engine: user, program: user, policy: user };
    const homes = { runner: "/a/runner", engine: "/a/engine", program: "/a/home", policy: "/a/policy" };
    new LauncherConnection(connection, { sockets: { runner: socket, engine: socket }, users, homes }, [
      "program",
    ]);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const base = { cwd: "/", env: { PATH: "/usr/bin:/bin" } };

function sh(script: string, request: Partial<LaunchRequest> = {}, signal?: AbortSignal): Child {
  return socketLauncher(socket).launch({ ...base, command: ["/bin/sh", "-c", script], ...request }, signal);
}

async function finish(child: Child) {
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  return { stdout, stderr, ...exit };
}

const ends: [string, string, object][] = [
  [
    "both streams apart",
    "echo out; echo err >&2",
    { stdout: "out\n", stderr: "err\n", code: 0, signal: null },
  ],
  ["a code", "exit 7", { code: 7, signal: null, stdout: "", stderr: "" }],
  ["a signal", "kill -9 $$", { code: null, signal: "SIGKILL" }],
  ["the end of its input", "cat; echo end", { stdout: "end\n" }],
];

it.each(ends)("passes on %s", async (_what, script, expected) => {
  expect(await finish(sh(script))).toMatchObject(expected);
});

it("gives the child input, folder and exactly the environment that was asked for", async () => {
  const input = Buffer.alloc(300_000, "y\n");
  const env = { PATH: "/usr/bin:/bin", "odd.name": "x", EMPTY: "" };
  const child = sh("wc -c", { stdin: input, env });
  expect((await finish(child)).stdout.trim()).toBe("300000");
  const listed = socketLauncher(socket).launch({ cwd: "/usr", env, command: ["/usr/bin/env"] });
  expect((await finish(listed)).stdout.trim().split("\n").sort()).toEqual([
    "EMPTY=",
    "PATH=/usr/bin:/bin",
    "odd.name=x",
  ]);
  expect((await finish(sh("pwd", { cwd: "/usr" }))).stdout).toBe("/usr\n");
});

it("puts the program's own home where the runner's or the engine's was named", async () => {
  const env = { HOME: "/a/runner", TMPDIR: "/a/engine", OTHER: "/a/runner/x" };
  const { stdout } = await finish(sh('echo "$HOME $TMPDIR $OTHER"', { env }));
  expect(stdout).toBe("/a/home /a/home /a/runner/x\n");
});

it("rejects what cannot be started as a launch in this process does", async () => {
  const missing = socketLauncher(socket).launch({ ...base, command: ["/no/such/program"] });
  await expect(missing.exited).rejects.toMatchObject({ code: "ENOENT" });
  await expect(sh("true", { cwd: "/no/such/folder" }).exited).rejects.toMatchObject({ code: "ENOENT" });
  await expect(sh("true", { env: { "A\0B": "x" } }).exited).rejects.toThrow(/refused/);
  await expect(
    socketLauncher(path.join(folder, "none")).launch({ ...base, command: ["true"] }).exited,
  ).rejects.toMatchObject({
    code: "ENOENT",
  });
  expect(() => sh("true", { as: "service" })).toThrow(/services/);
  expect(() => sh("true", { socket: new Socket() })).toThrow(/not handed on/);
});

it("starts nothing in a role that the socket does not have", async () => {
  const child = socketLauncher(socket, "engine").launch({ ...base, command: ["/bin/true"] });
  await expect(child.exited).rejects.toThrow(/starts no engine here/);
});

it("holds a child up whose output nobody reads, and loses none of it", async () => {
  const child = sh("head -c 20000000 /dev/zero; echo done >&2");
  const stopped = await until("the child waits", async () => {
    const { rss } = process.memoryUsage();
    await new Promise((resolve) => setImmediate(resolve));
    return child.stdout.readableLength > 0 ? rss : undefined;
  });
  expect(child.stdout.readableLength).toBeLessThan(4_000_000);
  expect(stopped).toBeGreaterThan(0);
  const [out, exit] = await Promise.all([buffer(child.stdout), child.exited]);
  expect([out.length, exit.code]).toEqual([20_000_000, 0]);
});

it("does not hold up one stream for the other", async () => {
  const child = sh("head -c 5000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait");
  let read = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    read += chunk.length;
  });
  await until("all of the one was read", () => read === 3_000_000);
  expect((await buffer(child.stderr)).length).toBe(5_000_000);
});

it("ends the whole group on an abort, also one that ignores the first signal", async () => {
  const stop = new AbortController();
  const child = sh("trap '' INT; sleep 1000 & echo $!; wait; sleep 1000", {}, stop.signal);
  const first = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data) => resolve(String(data))),
  );
  const begun = performance.now();
  stop.abort();
  expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  expect(performance.now() - begun).toBeLessThan(1_500);
  await until("its child is gone", async () => !(await isAlive(Number(first))));
});

it("ends the group when the connection ends before the child", async () => {
  const connection = connect(socket);
  connection.on("error", () => undefined);
  const command = ["/bin/sh", "-c", `echo $$ >${folder}/pid; sleep 1000`];
  connection.write(encodeJson("request", { ...base, command, as: "program" }));
  const pid = await until("it runs", async () =>
    Number(await readFile(`${folder}/pid`, "utf8").catch(() => "")),
  );
  expect(await isAlive(pid)).toBe(true);
  connection.destroy();
  await until("it is gone", async () => !(await isAlive(pid)));
});

const nonsense: [string, Buffer][] = [
  ["input before a request", encodeFrame("input", Buffer.from("x"))],
  ["a request that is no JSON", encodeFrame("request", Buffer.from("{"))],
  ["a request without a command", encodeJson("request", { command: [], cwd: "/", env: {}, as: "program" })],
  [
    "a request in a relative folder",
    encodeJson("request", { command: ["true"], cwd: "x", env: {}, as: "program" }),
  ],
  ["a frame of no kind", Buffer.from([0, 0, 0, 0, 99])],
];

it.each(nonsense)("closes a connection that sends %s", async (_what, bytes) => {
  const connection = connect(socket);
  connection.write(bytes);
  expect((await buffer(connection)).toString()).toContain("refused");
});

it("keeps no connection when all children have ended", async () => {
  await until("all are closed", () => connections === 0);
  expect(connections).toBe(0);
});
