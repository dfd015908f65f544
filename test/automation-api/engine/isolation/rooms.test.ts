import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { fillCompileCache } from "../../../../automation-api/engine/compile-cache.ts";
import {
  closeIsolation,
  type Isolation,
  openRoom,
  planIsolation,
  type Room,
} from "../../../../automation-api/engine/isolation.ts";
import { socketLauncher } from "../../../../plugins/process/index.ts";
import { reasonToSkip } from "../../../../toolchain/suites/possible.mjs";
import { repository } from "../../../support/engine.ts";
import { until } from "../../../support/processes.ts";
import { processesOfUsers } from "./runner-processes.ts";

const reason = reasonToSkip("root");
// Any program will do where only its place matters.
const enginePath = path.join(repository, "automation-api/engine/launcher-end.sh");

let folder: string;
let slot = 1;

async function separate(options: Partial<Parameters<typeof planIsolation>[0]> = {}) {
  const isolation = await planIsolation({
    dataFolder: path.join(folder, "data"),
    projectFolder: repository,
    enginePath,
    ...options,
  });
  if (isolation.kind === "shared") throw new Error(isolation.why);
  return isolation;
}

/** What a program of the room prints, with its code. */
async function runAs(room: Room, script: string, env: Record<string, string> = {}, role?: "policy") {
  const child = socketLauncher(room.launchers!.runner).launch({
    role,
    command: ["/bin/sh", "-c", script],
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: room.home, ...env },
  });
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  return { stdout: stdout.trim(), stderr, code: exit.code };
}

/** The same as the runner's own user. */
function runAsRunner(room: Room, script: string): string {
  const [program, ...rest] = room.command(["/bin/sh", "-c", script]) as [string, ...string[]];
  try {
    return execFileSync(program, rest, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch (error) {
    return `code ${(error as { status: number }).status}`;
  }
}

(reason ? describe.skip : describe)("rooms of a server that runs as root", () => {
  let isolation: Isolation & { kind: "separate-users" };
  let room: Room;
  let other: Room;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "rooms-"));
    await chmod(folder, 0o755);
    await mkdir(path.join(folder, "data"), { mode: 0o711 });
    isolation = await separate();
    room = await openRoom(isolation, slot++);
    other = await openRoom(isolation, slot++);
  });

  afterAll(async () => {
    await room?.close();
    await other?.close();
    await closeIsolation(isolation);
    await rm(folder, { recursive: true, force: true });
  });

  it("reads compiled modules of ours, into which it cannot write", async () => {
    const module = path.join(folder, "compiled.mjs");
    await writeFile(module, "console.log('ran');");
    const cache = await fillCompileCache(path.join(folder, "cache"), [], [pathToFileURL(module).href]);
    const lent = await room.lendCompileCache(cache);
    const start = `NODE_DEBUG_NATIVE=COMPILE_CACHE NODE_COMPILE_CACHE=${lent} ${process.execPath} ${module} 2>&1`;
    const said = runAsRunner(room, start);
    expect(said).toContain(`V8 code cache for ESM ${pathToFileURL(module).href} was accepted`);
    expect(said).toContain("ran");
    expect(runAsRunner(room, `touch ${lent}/more; touch ${lent}/*/more; ls ${lent} ${lent}/*`)).not.toMatch(
      /more/,
    );
  });

  it("keep what belongs to runner and engine from the program, and each room from the others", async () => {
    await writeFile(path.join(room.engineHome, "pulumi", "credentials.json"), "token", { mode: 0o600 });
    const closed = [
      room.home,
      room.engineHome,
      other.home,
      other.engineHome,
      other.work,
      path.dirname(other.work),
    ];
    for (const each of closed) {
      expect(await runAs(room, `ls ${each} || : >${each}/x`)).toMatchObject({ stdout: "", code: 2 });
    }
    expect((await runAs(room, `cat ${room.engineHome}/pulumi/credentials.json`)).code).toBe(1);
    // Nor may our own code read it on behalf of a program that asks for a file.
    const credentials = path.join(room.engineHome, "pulumi", "credentials.json");
    execFileSync("chown", [`${room.engineUser}`, credentials]);
    expect(runAsRunner(room, `cat ${credentials}`)).toBe("code 1");
  });

  it("let program, runner and engine share the program's folder", async () => {
    const program = path.join(room.work, "program");
    expect(
      (await runAs(room, `mkdir -p ${program}/out && echo made >${program}/out/file && id -u`)).code,
    ).toBe(0);
    expect(runAsRunner(room, `cat ${program}/out/file && echo settings >${program}/Pulumi.dev.yaml`)).toBe(
      "made",
    );
    const engine = socketLauncher(room.launchers!.runner, "engine").launch({
      command: [
        "/bin/sh",
        "-c",
        `cat ${program}/Pulumi.dev.yaml; echo more >>${program}/../engine-was-here; id -u`,
      ],
      cwd: program,
      env: {},
    });
    expect(await text(engine.stdout)).toBe(`settings\n${room.engineUser}\n`);
    expect((await runAs(room, `echo asset >$HOME/asset`)).code).toBe(0);
    expect(runAsRunner(room, `cat ${path.dirname(room.work)}/home/asset`)).toBe("asset");
  });

  it("keep packs that judge a program, and what serves them, from that program", async () => {
    const judge = (script: string) => runAs(room, script, {}, "policy");
    const pack = `${room.packs}/0`;
    const made = await judge(
      `mkdir -m 755 ${pack} && echo rule >${pack}/rule.js && id -u && id -G && ls $HOME`,
    );
    const { uid } = room.policyUser!;
    expect(made).toMatchObject({ stdout: `${uid}\n${uid}`, code: 0 });
    expect([room.programUser!.uid, room.engineUser]).not.toContain(uid);
    const server = socketLauncher(room.launchers!.runner).launch({
      ...{ command: ["sleep", "1000"], cwd: "/", env: { PATH: "/usr/bin:/bin" }, role: "policy" },
    });
    await until("it serves", () => server.pid !== undefined);
    for (const attempt of [
      `: >${pack}/rule.js`,
      `: >${room.packs}/1`,
      `kill -9 ${server.pid}`,
      `rm -r ${pack}`,
    ]) {
      expect((await runAs(room, attempt)).code).not.toBe(0);
    }
    // Nor does a pack see what the program holds.
    expect((await judge(`ls ${room.work}`)).code).not.toBe(0);
    expect((await judge(`cat ${pack}/rule.js`)).stdout).toBe("rule");
    server.kill("SIGKILL");
    await server.exited;
  });

  it("open each socket to one user only", async () => {
    const sockets = [room, other].flatMap(({ launchers }) => [launchers!.runner, launchers!.engine]);
    for (const socket of sockets) {
      const { mode, uid } = statSync(socket);
      expect([mode & 0o777, uid > 1000]).toEqual([0o600, true]);
      expect((await runAs(room, `test -w ${socket}`)).code).toBe(1);
    }
    expect(new Set(sockets.map((socket) => statSync(socket).uid)).size).toBe(sockets.length);
    expect(runAsRunner(room, `test -w ${room.launchers!.runner} && echo own`)).toBe("own");
    expect(runAsRunner(room, `test -w ${other.launchers!.runner} || echo foreign`)).toBe("foreign");
  });

  it("start nothing with more rights, whatever the environment says", async () => {
    const trap = path.join(folder, "trap");
    await mkdir(trap, { mode: 0o755 });
    for (const name of ["sh", "env", "setpriv", "nsenter", "node"]) {
      const script = `#!/bin/sh\n/usr/bin/id -u >>${folder}/who\n`;
      await writeFile(path.join(trap, name), script, { mode: 0o755 });
    }
    await writeFile(path.join(folder, "who"), "", { mode: 0o666 });
    await chmod(path.join(folder, "who"), 0o666);
    const child = socketLauncher(room.launchers!.runner).launch({
      command: ["env"],
      cwd: "/",
      // The last three make a shell or the loader run foreign code as it starts.
      env: { PATH: trap, ENV: `${trap}/sh`, BASH_ENV: `${trap}/sh`, LD_PRELOAD: `${trap}/none.so` },
    });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(readFileSync(path.join(folder, "who"), "utf8").trim().split("\n")).toEqual([
      `${room.programUser!.uid}`,
    ]);
  });

  it("give what a user supplies no group, privilege, core dump or way to more of them", async () => {
    const { stdout } = await runAs(
      room,
      "id -G; grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/self/status; ulimit -c",
    );
    expect(stdout.split(/\s+/)).toEqual([
      ...[`${room.programUser!.gid}`, "CapInh:", "0000000000000000", "CapPrm:", "0000000000000000"],
      ...["CapEff:", "0000000000000000", "CapAmb:", "0000000000000000", "NoNewPrivs:", "1", "0"],
    ]);
  });

  it("are opened by a launcher that has none of the server's settings and few rights", () => {
    const { processId } = isolation.launcher;
    const names = readFileSync(`/proc/${processId}/environ`, "utf8")
      .split("\0")
      .map((each) => each.split("=")[0]);
    expect(
      names.filter(
        (name) =>
          !["PATH", "TZ", "PWD", "NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", ""].includes(name!),
      ),
    ).toEqual([]);
    const status = readFileSync(`/proc/${processId}/status`, "utf8");
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    // chown, dac_override, fowner, kill, setgid, setuid.
    expect(status).toMatch(/^CapEff:\s+00000000000000eb$/m);
  });

  it("end everything when they are closed, and leave nothing on the disk", async () => {
    const short = await openRoom(isolation, slot++);
    const users = [short.programUser!.uid, short.engineUser!, short.engineUser! - 1];
    await runAs(short, "setsid sleep 1000 >/dev/null 2>&1 & (sleep 1000 >/dev/null 2>&1 &)");
    await until("both sleep", () => processesOfUsers(users).length === 2);
    await short.close();
    expect(processesOfUsers(users)).toEqual([]);
    expect(existsSync(path.dirname(short.work))).toBe(false);
    expect(existsSync(short.launchers!.runner)).toBe(false);
  });

  it("end a program that only ever forks", async () => {
    const short = await openRoom(isolation, slot++);
    const child = socketLauncher(short.launchers!.runner).launch({
      command: ["/bin/sh", "-c", "loop() { (sleep 0.01; loop) & exit; }; loop"],
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
    });
    await child.exited;
    expect(processesOfUsers([short.programUser!.uid]).length).toBeGreaterThan(0);
    await short.close();
    expect(processesOfUsers([short.programUser!.uid])).toEqual([]);
  });

  it("never share users with another server on the same machine", async () => {
    const second = await separate({ dataFolder: path.join(folder, "second") });
    const rooms = await Promise.all(Array.from({ length: 5 }, () => openRoom(second, slot++)));
    const users = [...rooms, room, other].map(({ programUser }) => programUser!.uid);
    expect(new Set(users).size).toBe(users.length);
    await Promise.all(rooms.map((each) => each.close()));
    await closeIsolation(second);
  });

  it("work on after the launcher was killed", async () => {
    const before = isolation.launcher.processId!;
    process.kill(before, "SIGKILL");
    await until(
      "another launcher has come",
      () => ![before, undefined].includes(isolation.launcher.processId),
    );
    await until(
      "it answers",
      async () => (await runAs(room, "echo here").catch(() => undefined))?.stdout === "here",
    );
  });
});

(reason ? describe.skip : describe)("a clone that other users cannot reach", () => {
  let clone: string;
  let closed: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "rooms-"));
    await chmod(folder, 0o755);
    // As root's home is, or what mkdtemp makes.
    closed = path.join(folder, "closed");
    clone = path.join(closed, "clone");
    await mkdir(clone, { recursive: true, mode: 0o700 });
    await chmod(clone, 0o755);
    await writeFile(path.join(clone, "program.txt"), "for all", { mode: 0o644 });
    await writeFile(path.join(closed, "private.txt"), "for root", { mode: 0o644 });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const dataFolders: [string, () => string][] = [
    ["and its data elsewhere", () => folder],
    ["and its data inside of it", () => path.join(clone, ".roost")],
  ];

  it.each(dataFolders)(
    "is seen by them at its own place, and nothing beside it %s",
    async (_where, dataFolder) => {
      const mountsBefore = readFileSync("/proc/self/mountinfo", "utf8");
      const isolation = await separate({ projectFolder: clone, dataFolder: dataFolder() });
      const room = await openRoom(isolation, slot++);
      try {
        const look = `cat ${clone}/program.txt; ls ${closed}; cat ${closed}/private.txt 2>/dev/null || echo nothing`;
        expect((await runAs(room, look)).stdout).toBe("for allclone\nnothing");
        expect(runAsRunner(room, look)).toBe("for allclone\nnothing");
        expect(
          (await runAs(room, `echo x >${room.work}/program/x && cat ${room.work}/program/x`)).stdout,
        ).toBe("x");
        expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(mountsBefore);
      } finally {
        await room.close();
        await closeIsolation(isolation);
        await rm(isolation.homes, { recursive: true, force: true });
      }
    },
  );

  it("is one trust domain with the reason, where the machine forbids such a view", async () => {
    const tools = path.join(folder, "tools");
    await mkdir(tools, { mode: 0o755 });
    const refusal =
      "#!/bin/sh\n[ \"$1\" = --version ] && exit\necho 'unshare: Operation not permitted' >&2\nexit 1\n";
    await writeFile(path.join(tools, "unshare"), refusal, { mode: 0o755 });
    const { PATH } = process.env;
    process.env.PATH = `${tools}:${PATH}`;
    try {
      const isolation = await planIsolation({ dataFolder: folder, projectFolder: clone, enginePath });
      expect(isolation).toMatchObject({ kind: "shared", why: "unshare: Operation not permitted" });
    } finally {
      process.env.PATH = PATH;
    }
  });

  it("is one trust domain with the reason, where its files themselves are closed", async () => {
    const file = path.join(clone, "engine");
    await writeFile(file, "", { mode: 0o600 });
    const isolation = await planIsolation({ dataFolder: folder, projectFolder: clone, enginePath: file });
    expect(isolation).toMatchObject({
      kind: "shared",
      why: expect.stringMatching(/^other users cannot read .*\/pulumi$/),
    });
  });

  it("leaves no launcher behind", () => {
    const own = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const isChild = new RegExp(`^PPid:\\s+${process.pid}$`, "m").test(
            readFileSync(`/proc/${pid}/status`, "utf8"),
          );
          return isChild && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("launcher-main.ts");
        } catch {
          return false;
        }
      });
    expect(own).toEqual([]);
  });
});
