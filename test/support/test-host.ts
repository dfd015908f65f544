import { type ChildProcess, execFileSync, type StdioOptions, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { locate } from "../../toolchain/found.mjs";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { until } from "./processes.ts";

const script = (name: string): string => fileURLToPath(new URL(`./test-host/${name}`, import.meta.url));
const offerScript = readFileSync(script("offer.sh"), "utf8");
const stateScript = readFileSync(script("state.sh"), "utf8");

/** Undefined where test hosts can be made; else why the suite is skipped. In CI that throws. */
export function reasonWithoutTestHosts(): string | undefined {
  const reason = reasonToSkip("root", "overlay", "debootstrap", "systemd-nspawn");
  if (reason) console.log(`skipped: ${reason}`);
  return reason;
}

export interface Ran {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

export interface TestSshd {
  port: number;
  /** As a line of a `.pub` file. */
  hostKey: string;
  /** What root logs in with. */
  privateKey: string;
}

/**
 * The file tree of a minimal Debian in which programs run as root: its own over a tree that all share, so that it
 * is there at once and gone with its folder. No service runs in it. What runs ends with the call that started it.
 */
export class TestHost {
  readonly #base: string;
  readonly #folder: string;
  /** A process of the host that stays, with its id on this machine. */
  #resident: { process: ChildProcess; pid: number; enter: string[] } | undefined;
  readonly #closers: (() => Promise<void>)[] = [];

  private constructor(base: string, folder: string) {
    this.#base = base;
    this.#folder = folder;
  }

  /**
   * The first one on a machine makes the shared tree, which takes a minute and the machine's Debian mirror.
   * @param release of Debian, by its code name. Default: the machine's own.
   */
  static async create({ release }: { release?: string } = {}): Promise<TestHost> {
    const recipe = createHash("sha256")
      .update(readFileSync(script("base.sh")))
      .digest("hex");
    const name = [recipe.slice(0, 12), ...(release === undefined ? [] : [release])].join("-");
    const base = join(locate().cache, "test-hosts", name);
    execFileSync("sh", [script("base.sh"), base, ...(release === undefined ? [] : [release])], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const folder = await mkdtemp(join(tmpdir(), "roost-host-"));
    for (const name of ["upper", "work", "root"]) await mkdir(join(folder, name));
    return new TestHost(base, folder);
  }

  /** Another one that is at this moment the same. */
  async copy(): Promise<TestHost> {
    const folder = await mkdtemp(join(tmpdir(), "roost-host-"));
    for (const name of ["work", "root"]) await mkdir(join(folder, name));
    execFileSync("cp", ["-a", join(this.#folder, "upper"), folder]);
    return new TestHost(this.#base, folder);
  }

  /** Runs a script for `sh -s` with arguments. */
  async run(
    input: string,
    args: string[] = [],
    { shell = "/bin/sh", env = {} }: { shell?: string; env?: Record<string, string> } = {},
  ): Promise<Ran> {
    const child = this.#spawn([shell, "-s", ...args], "pipe", env);
    // One that is killed does not read to the end.
    child.stdin?.on("error", () => undefined).end(input);
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    const stderr = text(child.stderr as Readable);
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, stdout: Buffer.concat(chunks), stderr: await stderr };
  }

  /** As `run`, for what has to succeed. */
  async do(input: string, args: string[] = []): Promise<string> {
    const { code, stdout, stderr } = await this.run(input, args);
    if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`);
    return stdout.toString();
  }

  /** Installs packages of those that the shared tree keeps. */
  async install(...packages: string[]): Promise<void> {
    const options = "-q -y --no-install-recommends --no-download -o Dir::Cache::archives=/srv/pool";
    await this.do(`DEBIAN_FRONTEND=noninteractive apt-get ${options} install ${packages.join(" ")}`);
  }

  /** Makes the packages that the shared tree keeps the only ones that its apt knows of. */
  async offerPackages(): Promise<void> {
    await this.do(offerScript);
  }

  /** All that its files are, a line for each fact; of contents those that the shared tree has otherwise. */
  async state(): Promise<string[]> {
    return [...(await this.do(stateScript)).split("\n"), ...(await this.#contents())];
  }

  async #contents(): Promise<string[]> {
    const upper = join(this.#folder, "upper");
    const own = (await readdir(upper, { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    );
    const lines = own.map(({ parentPath, name }) => {
      const path = relative(upper, join(parentPath, name));
      if (path.startsWith("var/lib/roost/")) return [];
      const [now, base] = [digest(join(upper, path)), digest(join(this.#base, path))];
      return now === base ? [] : [`./${path} holds ${now}`];
    });
    return lines.flat().sort();
  }

  /**
   * An OpenSSH server of the host, for its root, on a port chosen by the system: each accepted socket is handed to
   * an `sshd -i` inside. Another call makes another one, with keys of its own; all end with the host.
   * @param own shows the host's own key of that kind, from its /etc/ssh, as that is at the time of each login.
   * @param words further options of the server, `Name=value`.
   */
  async startSshd({
    own,
    words: further = [],
  }: {
    own?: "ed25519" | "ecdsa";
    words?: string[];
  } = {}): Promise<TestSshd> {
    const name = `test-${this.#closers.length}`;
    const [hostKey, login] = [`${name}-host`, `${name}-login`].map((each) => join(this.#folder, each)) as [
      string,
      string,
    ];
    for (const file of [hostKey, login])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
    await this.stay();
    const files = Object.entries({
      key: readFileSync(hostKey, "utf8"),
      authorized: readFileSync(`${login}.pub`, "utf8"),
    });
    const puts = files.map(([end, content]) => `printf '%s' '${content}' >/run/${name}.${end}`);
    await this.do(["umask 077", ...puts].join("\n"));
    const shown = own === undefined ? `/run/${name}.key` : `/etc/ssh/ssh_host_${own}_key`;
    const options = [`HostKey=${shown}`, `AuthorizedKeysFile=/run/${name}.authorized`];
    // Of two the first counts.
    const words = [
      ...options,
      ...further,
      "PermitRootLogin=prohibit-password",
      "UsePAM=no",
      "StrictModes=no",
    ];
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      const command = [
        // A booted host's own service takes its folder away when it ends.
        ...["/bin/sh", "-c", 'mkdir -p -m 755 /run/sshd; exec "$@"', "sh"],
        "/usr/sbin/sshd",
        "-i",
        "-e",
        "-f",
        "/dev/null",
        ...words.flatMap((word) => ["-o", word]),
      ];
      this.#spawn(command, socket);
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    return {
      port: (server.address() as AddressInfo).port,
      hostKey: own
        ? (await this.do(`cut -d ' ' -f 1,2 ${shown}.pub`)).trim()
        : readFileSync(`${hostKey}.pub`, "utf8").trim(),
      privateKey: readFileSync(login, "utf8"),
    };
  }

  /** From now on everything runs beside a process that stays, on one mount of the tree. */
  async stay(): Promise<void> {
    if (this.#resident) return;
    const process = this.#spawn(["/bin/sh", "-c", "echo there; exec sleep infinity"], "pipe");
    await new Promise((resolve) => process.stdout?.once("data", resolve));
    const [inner] = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").split(" ");
    const enter = ["--mount", "--pid", "--uts", "--ipc", "chroot", join(this.#folder, "root")];
    this.#resident = { process, pid: Number(inner), enter };
  }

  /** Starts its systemd and all services; from now on everything runs beside them. */
  async boot(): Promise<void> {
    const process = spawn("/bin/sh", [script("boot.sh"), this.#base, this.#folder], { stdio: "ignore" });
    const enter = ["--mount", "--pid", "--uts", "--ipc", "--net", "--root", "--wd"];
    await until(
      "the host has booted",
      async () => {
        const [pid] = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").split(" ");
        if (!pid || !readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("systemd\n")) return false;
        this.#resident = { process, pid: Number(pid), enter };
        const { stdout } = await this.run("systemctl is-system-running --wait");
        return /^(running|degraded)\n/.test(stdout.toString());
      },
      60,
    );
  }

  /** Cuts its power, and boots it again. Its OpenSSH servers of before have lost their keys. */
  async restart(): Promise<void> {
    await this.#cutPower();
    await this.boot();
  }

  async #cutPower(): Promise<void> {
    if (!this.#resident) return;
    const { process: outer, pid } = this.#resident;
    this.#resident = undefined;
    const ended = new Promise((resolve) => outer.once("exit", resolve));
    // The first process of its namespace: all of the host ends with it.
    process.kill(pid, "SIGKILL");
    await ended;
  }

  #spawn(command: string[], io: "pipe" | Socket, env: Record<string, string> = {}): ChildProcess {
    const own = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root", ...env };
    const stdio: StdioOptions = io === "pipe" ? "pipe" : [io, io, "ignore"];
    if (!this.#resident) {
      return spawn("/bin/sh", [script("inside.sh"), this.#base, this.#folder, ...command], {
        env: own,
        stdio,
      });
    }
    const { pid, enter } = this.#resident;
    return spawn("nsenter", ["--target", String(pid), ...enter, ...command], { env: own, stdio });
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
    await this.#cutPower();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function digest(file: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return undefined;
  }
}

/** Lines that only one of two states has, `-` or `+` in front. */
export function differences(before: string[], after: string[]): string[] {
  const [old, now] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}
