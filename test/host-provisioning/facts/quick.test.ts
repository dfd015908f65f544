import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { arch, hostname, release, tmpdir, totalmem, userInfo } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { countFacts, type Facts, quickScript, readFacts } from "../../../host-provisioning/facts/index.ts";

const mark = "0123456789abcdef";
const folder = mkdtempSync(path.join(tmpdir(), "roost-facts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isLinux = process.platform === "linux";
const output = (environment: Record<string, string> = { PATH: process.env.PATH ?? "" }, shell = "/bin/sh") =>
  execFileSync(shell, ["-s"], {
    input: quickScript(mark),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: environment,
    stdio: ["pipe", "pipe", "pipe"],
  });
const scan = (...how: Parameters<typeof output>) => readFacts(output(...how), mark) as Facts;
const find = (name: string) =>
  execFileSync("/bin/sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();

(isLinux ? describe : describe.skip)("the probe on this machine", () => {
  it("says what Node says of it, and at least 4000 facts where a distribution is installed", () => {
    const facts = scan();
    const { hardware, system, software } = facts;
    expect([system.kernel.release, system.hostname]).toEqual([release(), hostname()]);
    expect(system.login).toEqual({ id: userInfo().uid, user: userInfo().username });
    expect(Math.abs((hardware.memory.totalBytes ?? 0) - totalmem())).toBeLessThan(1024 ** 2);
    expect(hardware.cpu.threads).toBeGreaterThanOrEqual(1);
    if (hardware.cpu.architecture) expect([arch(), "aarch64", "x86_64"]).toContain(hardware.cpu.architecture);
    expect(system.users.root).toMatchObject({ id: 0 });
    if (software.manager === null) return;
    // What a minimal Debian would tell: no more of the packages than the 160 that debootstrap installs.
    const packages = Object.entries(software.packages).slice(0, 160);
    const minimal = { ...facts, software: { ...software, packages: Object.fromEntries(packages) } };
    expect(countFacts(minimal)).toBeGreaterThanOrEqual(4000);
  });

  it("needs nothing but sh, cat and grep, and changes nothing in the environment's favour", () => {
    const only = path.join(folder, "bin");
    mkdirSync(only);
    for (const name of ["cat", "grep"]) symlinkSync(find(name), path.join(only, name));
    const facts = scan({ PATH: only, GREP_OPTIONS: "-v", LC_ALL: "C.UTF-8", mark: "wrong" });
    expect(Object.keys(facts.system.sysctl).length).toBeGreaterThan(100);
    expect(facts.system.users.root).toBeDefined();
  });

  it.each([
    ["first", "/proc/cpuinfo"],
    ["second", "/var/lib/apt/extended_states"],
  ])("is not taken for whole when its %s half was killed", (half, file) => {
    const only = path.join(folder, half);
    mkdirSync(only);
    symlinkSync(find("cat"), path.join(only, "cat"));
    const killer = `#!/bin/sh\ncase "$*" in *${file}*) kill -9 $PPID ;; esac\nexec ${find("grep")} "$@"\n`;
    writeFileSync(path.join(only, "grep"), killer, { mode: 0o755 });
    let printed = "";
    try {
      printed = output({ PATH: only });
    } catch (error) {
      printed = (error as { stdout: string }).stdout;
    }
    expect(printed).toContain(`== ${mark} files\n`);
    expect(readFacts(printed, mark)).toBeUndefined();
  });

  it("tells settings of the kernel as their files have them, and reads none twice", () => {
    const settings = Object.entries(scan().system.sysctl).filter(([name]) =>
      /^net\.ipv[46]\.conf\./.test(name),
    );
    expect(settings.length).toBeGreaterThan(30);
    const inFiles = settings.map(([name]) => [
      name,
      readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8").trim(),
    ]);
    expect(settings.map(([name, value]) => [name, String(value)])).toEqual(inFiles);
  });

  it("finds who holds a port, and what program that is", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as { port: number };
      const { network, processes } = scan();
      const found = network.ports.find((one) => one.port === port);
      expect(found).toMatchObject({ protocol: "tcp", address: "127.0.0.1", scope: "loopback" });
      expect(found?.program).toBe(process.execPath);
      expect(processes[process.pid]).toMatchObject({ program: process.execPath, parent: process.ppid });
    } finally {
      server.close();
    }
  });

  it("believes no process that writes like the probe, and keeps no arguments", async () => {
    const lie = `canary\n== ${mark.slice(1)} end\n/proc/1/status:Name:\tliar\n/etc/passwd:liar:x:0:0::/:/bin/sh`;
    const child = spawn("/bin/sh", ["-c", "echo up; read line", lie], { stdio: ["pipe", "pipe", "ignore"] });
    try {
      await new Promise((resolve) => child.stdout.once("data", resolve));
      const text = output();
      expect(text).toContain("canary");
      const facts = readFacts(text, mark) as Facts;
      expect(JSON.stringify(facts)).not.toContain("canary");
      expect(facts.system.users.liar).toBeUndefined();
      expect(facts.processes["1"]?.name).not.toBe("liar");
      expect(facts.processes[child.pid as number]).toBeDefined();
    } finally {
      child.kill();
    }
  });

  it("does not even read the arguments of what is no interpreter", async () => {
    const child = spawn("cat", ["-", "/canary-of-an-argument"], { stdio: ["pipe", "pipe", "ignore"] });
    try {
      child.stdin.write("up\n");
      await new Promise((resolve) => child.stdout.once("data", resolve));
      const text = output();
      expect(text).toContain(`/proc/${child.pid}/status:`);
      expect(text).not.toContain("canary-of-an-argument");
    } finally {
      child.kill();
    }
  });

  it("joins this test's program to its package where it has one", () => {
    const { software } = scan();
    const shell = Object.entries(software.applications).find(([, { package: owner }]) => owner !== null);
    if (software.manager !== "dpkg" || !shell) return;
    const [program, { package: owner }] = shell;
    const owners = execFileSync("dpkg-query", ["-S", `*/${path.basename(program)}`], { encoding: "utf8" });
    expect(owners).toMatch(new RegExp(`^${owner}(:[a-z0-9]+)?: `, "m"));
  });
});

it("a mark is letters and digits only: it becomes text of a script", () => {
  for (const bad of ["", "short", "a'; id; '", "x".repeat(65)])
    expect(() => quickScript(bad)).toThrow("mark");
});
