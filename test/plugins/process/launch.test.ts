import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { askedEnvironment, baseEnvironment } from "../../../plugins/process/environment.ts";
import { type LaunchRequest, launch, localLauncher } from "../../../plugins/process/launch.ts";
import { nodePath, repository, startProgram } from "../../support/engine.ts";
import { isAlive, pidsIn, untilGone } from "../../support/processes.ts";

const launchPath = join(repository, "plugins/process/launch.ts");

describe("a launched child", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "launch-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const shell = (script: string, more: Partial<LaunchRequest> = {}): LaunchRequest => ({
    command: ["/bin/sh", "-c", script],
    cwd: folder,
    env: { PATH: process.env.PATH ?? "" },
    ...more,
  });

  it("gets its folder, its input and only the environment that it is given", async () => {
    const child = launch(
      shell("pwd; cat; env", { stdin: "typed\n", env: { PATH: "/usr/bin:/bin", A: "1" } }),
    );
    const lines = (await text(child.stdout)).trim().split("\n");
    expect(lines.slice(0, 2)).toEqual([folder, "typed"]);
    expect(
      lines
        .slice(2)
        .map((line) => line.split("=")[0])
        .filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name ?? ""))
        .sort(),
    ).toEqual(["A", "PATH"]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it("has a connection as its own input and output", async () => {
    const server = createServer({ allowHalfOpen: true }, async (peer) => {
      peer.write("first, before anybody reads\n");
      peer.end(`heard ${await text(peer)}`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
    await new Promise((resolve) => socket.once("connect", resolve));
    const child = launch(shell("read -r line; echo $line; echo $line >&2", { socket }));
    expect(await text(child.stderr)).toBe("first, before anybody reads\n");
    expect(await text(child.stdout)).toBe("");
    expect(socket.destroyed).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ["a code", "exit 3", { code: 3, signal: null }],
    ["a signal", "kill -s TERM $$", { code: null, signal: "SIGTERM" }],
  ])("tells of its end by %s", async (_, script, end) => {
    expect(await launch(shell(script)).exited).toEqual(end);
  });

  it("that cannot be started rejects", async () => {
    const missing = launch({ ...shell(""), command: [join(folder, "nowhere")] });
    await expect(missing.exited).rejects.toThrow("ENOENT");
    expect(() => launch({ ...shell(""), command: [] })).toThrow("the command is empty");
  });

  it("ends within a second of an abort with all of its group, also when it ignores the first signal", async () => {
    const controller = new AbortController();
    const script = "trap '' INT; sleep 1000 & echo $! >> pids; echo $$ >> pids; wait";
    const child = launch(shell(script), controller.signal);
    const pids = await pidsIn(join(folder, "pids"), 2);
    const from = Date.now();
    controller.abort();
    await child.exited;
    expect(Date.now() - from).toBeLessThan(1_000);
    await untilGone(pids, 1);
    expect(() => launch(shell("true"), controller.signal)).toThrow();
  });

  it.each([
    ["program", false],
    ["service", true],
  ] as const)("started as a %s outlives kill -9 of its starter: %s", async (as, survives) => {
    const script = join(folder, "starter.ts");
    const request = shell("sleep 1000 & echo $! >> pids; echo $$ >> pids; wait", { as });
    await writeFile(
      script,
      `import { launch } from ${JSON.stringify(launchPath)};
      launch(${JSON.stringify(request)});
      // This one ends by itself and is forgotten again.
      await launch({ ...${JSON.stringify(request)}, command: ["/bin/true"], as: "program" }).exited;
      setInterval(() => undefined, 1000);`,
    );
    const starter = startProgram([nodePath, script], { cwd: folder, env: { PATH: process.env.PATH ?? "" } });
    const pids = await pidsIn(join(folder, "pids"), 2);
    starter.kill("SIGKILL");
    await starter.done;
    if (survives) {
      expect(await Promise.all(pids.map(isAlive))).toEqual([true, true]);
      for (const pid of pids) process.kill(pid, "SIGKILL");
    } else await untilGone(pids, 2);
  });

  it("does nothing when its starter is killed before anybody knows of it", async () => {
    const script = join(folder, "starter.ts");
    await writeFile(
      script,
      `import childProcess from "node:child_process";
      import { writeFileSync } from "node:fs";
      import { syncBuiltinESMExports } from "node:module";
      const { spawn } = childProcess;
      childProcess.spawn = (...args) => {
        if (JSON.stringify(args).includes("guardian")) return spawn(...args);
        writeFileSync("pids", spawn(...args).pid + "\\n");
        process.kill(process.pid, "SIGKILL");
      };
      syncBuiltinESMExports();
      const { launch } = await import(${JSON.stringify(launchPath)});
      launch(${JSON.stringify(shell("echo > ran; sleep 1000"))});`,
    );
    const starter = startProgram([nodePath, script], { cwd: folder, env: { PATH: process.env.PATH ?? "" } });
    await starter.done;
    await untilGone(await pidsIn(join(folder, "pids"), 1), 2);
    expect(await readdir(folder)).not.toContain("ran");
  });

  it("keeps its output when it prints much", async () => {
    const child = localLauncher.launch(
      shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done"),
    );
    expect((await text(child.stdout)).split("\n")).toHaveLength(20_001);
  });

  it("leaves nothing that reads a closed input", async () => {
    const child = launch(shell("exec 0<&-; echo done > ended", { stdin: "x".repeat(1_000_000) }));
    await child.exited;
    expect(await readFile(join(folder, "ended"), "utf8")).toBe("done\n");
  });
});

describe("the environment of a child", () => {
  const source = {
    PATH: "/bin",
    HOME: "/root",
    LC_ALL: "C",
    http_proxy: "http://proxy",
    PULUMI_ACCESS_TOKEN: "x",
    PULUMI_CONFIG_PASSPHRASE: "x",
    ROOST_MASTER_KEY: "x",
    DATABASE_URL: "x",
    PGPASSWORD: "x",
    AWS_PROFILE: "dev",
    AWS_REGION: "here",
  };

  it("is an allow-list with additions over it", () => {
    expect(baseEnvironment({ HOME: undefined, MINE: "1" }, source)).toEqual({
      PATH: "/bin",
      LC_ALL: "C",
      http_proxy: "http://proxy",
      MINE: "1",
    });
  });

  it.each([
    ["", []],
    ["AWS_PROFILE", ["AWS_PROFILE"]],
    ["AWS_*, HOME", ["AWS_PROFILE", "AWS_REGION", "HOME"]],
    ["ROOST_* PG* DATABASE_URL PULUMI_ACCESS_TOKEN PULUMI_CONFIG_PASSPHRASE", []],
  ])("has what is asked for by %j, but no secret of the platform", (asked, names) => {
    expect(Object.keys(askedEnvironment(asked, source)).sort()).toEqual(names);
  });

  it("leaves the platform's secrets out also where everything is asked for", () => {
    expect(Object.keys(askedEnvironment("*", source)).sort()).toEqual(
      ["AWS_PROFILE", "AWS_REGION", "HOME", "LC_ALL", "PATH", "http_proxy"].sort(),
    );
  });
});
