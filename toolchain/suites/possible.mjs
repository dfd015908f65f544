// What a test suite may need of the machine. Locally a missing thing skips the suites that need it, with the
// reason; in CI (CI set) it is a failure, since a suite that does not run there shows nothing.
//
//   import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
//   const reason = reasonToSkip("engine", "sshd");
//   (reason ? describe.skip : describe)("…", () => …);

import { execFileSync } from "node:child_process";
import { accessSync, appendFileSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { locate } from "../found.mjs";
import { KEYCLOAK } from "../servers/keycloak.mjs";
import { KUBERNETES } from "../servers/kubernetes.mjs";

/**
 * @typedef {keyof typeof REQUIREMENTS} Need
 * @typedef {object} Requirement
 * @property {() => string | undefined} lack why it is not there; nothing when it is
 * @property {string} [aptPackage] what brings it on Debian and its relatives
 * @property {boolean} [given] it cannot be installed, so its lack is no failure in CI either
 * @property {boolean} [got] toolchain/servers.mjs brings it
 */

/** @satisfies {Record<string, Requirement>} */
export const REQUIREMENTS = {
  engine: { lack: () => reasonOf(locate().engine) },
  postgres: { lack: () => reasonOf(locate().database) },
  root: { lack: () => (process.getuid?.() === 0 ? undefined : "not running as root"), given: true },
  sshd: { lack: () => lackOfProgram("sshd"), aptPackage: "openssh-server" },
  ssh: { lack: () => lackOfProgram("ssh"), aptPackage: "openssh-client" },
  ip: { lack: () => lackOfProgram("ip"), aptPackage: "iproute2" },
  iptables: { lack: () => lackOfProgram("iptables"), aptPackage: "iptables" },
  "network-namespace": { lack: lackOfNetworks, given: true },
  "git-http-backend": { lack: lackOfGitServer, aptPackage: "git" },
  promtool: { lack: () => lackOfProgram("promtool"), aptPackage: "prometheus" },
  amtool: { lack: () => lackOfProgram("amtool"), aptPackage: "prometheus-alertmanager" },
  chromium: { lack: () => lackOfProgram("chromium"), aptPackage: "chromium" },
  overlay: { lack: lackOfOverlay, given: true },
  debootstrap: { lack: () => lackOfProgram("debootstrap"), aptPackage: "debootstrap" },
  "systemd-nspawn": { lack: () => lackOfProgram("systemd-nspawn"), aptPackage: "systemd-container" },
  shellcheck: { lack: () => lackOfProgram("shellcheck"), aptPackage: "shellcheck" },
  "python3-venv": { lack: lackOfPythonEnvironments, aptPackage: "python3-venv" },
  zsh: { lack: () => lackOfProgram("zsh"), aptPackage: "zsh" },
  "zsh-autosuggestions": zshPlugin("zsh-autosuggestions"),
  "zsh-syntax-highlighting": zshPlugin("zsh-syntax-highlighting"),
  nginx: { lack: () => lackOfProgram("nginx"), aptPackage: "nginx" },
  nft: { lack: () => lackOfProgram("nft"), aptPackage: "nftables" },
  dockerd: { lack: () => lackOfProgram("dockerd"), aptPackage: "docker.io" },
  busybox: { lack: lackOfBusybox, aptPackage: "busybox-static" },
  sysctl: { lack: () => lackOfProgram("sysctl"), aptPackage: "procps" },
  bpf: { lack: lackOfTracePoints, given: true },
  // Of no use to a kernel that cannot be probed.
  bpftrace: {
    lack: () => (lackOfTracePoints() ? undefined : lackOfProgram("bpftrace")),
    aptPackage: "bpftrace",
  },
  java: { lack: () => lackOfProgram("java"), aptPackage: "default-jre-headless" },
  keycloak: { lack: KEYCLOAK.lack, got: true },
  "kube-apiserver": { lack: KUBERNETES.lack, got: true },
  // What Keycloak is got with, where it is not there yet.
  mvn: { lack: () => KEYCLOAK.lack() && lackOfProgram("mvn"), aptPackage: "maven" },
  unzip: { lack: () => KEYCLOAK.lack() && lackOfProgram("unzip"), aptPackage: "unzip" },
};

/**
 * Why a suite cannot run here, if so.
 * In CI it throws instead (unless the thing cannot be installed). The reason is also written to the file named
 * by SUITE_SKIPS_FILE, from which `npm test` reports it.
 * @param {...Need} needs
 * @returns {string | undefined}
 */
export function reasonToSkip(...needs) {
  for (const need of needs) {
    const { lack, given } = /** @type {Requirement} */ (REQUIREMENTS[need]);
    const reason = lack();
    if (reason === undefined) continue;
    if (process.env.CI && !given) throw new Error(`CI must have "${need}": ${reason}`);
    if (process.env.SUITE_SKIPS_FILE) appendFileSync(process.env.SUITE_SKIPS_FILE, `${need}: ${reason}\n`);
    return reason;
  }
  return undefined;
}

/**
 * The path of a program, on PATH or in the folders for administrators.
 * @param {string} name
 * @returns {string | undefined}
 */
export function programPath(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} name */
function lackOfProgram(name) {
  return programPath(name) ? undefined : `${name} is not installed`;
}

/** @param {string} name @returns {Requirement} */
function zshPlugin(name) {
  const isThere = () => existsSync(`/usr/share/${name}/${name}.zsh`);
  return { lack: () => (isThere() ? undefined : `${name} is not installed`), aptPackage: name };
}

function lackOfGitServer() {
  try {
    const folder = execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim();
    return isExecutable(join(folder, "git-http-backend")) ? undefined : "git has no git-http-backend";
  } catch {
    return "git is not installed";
  }
}

/** One that needs no library: all that an image for tests has to hold. */
function lackOfBusybox() {
  const path = programPath("busybox");
  if (path === undefined) return "busybox is not installed";
  try {
    execFileSync("ldd", [path], { stdio: "ignore" });
    return "the busybox here needs libraries";
  } catch {
    return undefined;
  }
}

/** Debian's Python is without what makes environments unless a package of its own brings it. */
function lackOfPythonEnvironments() {
  try {
    execFileSync("python3", ["-c", "import venv, ensurepip"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "python3 cannot make environments: it, or its modules venv and ensurepip, are not installed";
  }
}

/** Overlays in a mount namespace: what test hosts are made of. */
function lackOfOverlay() {
  const script =
    "mount -t tmpfs test /mnt && mkdir /mnt/a /mnt/b /mnt/c && " +
    "mount -t overlay -o lowerdir=/mnt/a,upperdir=/mnt/b,workdir=/mnt/c test /mnt/a";
  try {
    execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", script], { stdio: "ignore" });
    return undefined;
  } catch {
    return "no overlay can be mounted in a namespace of its own";
  }
}

/** Networks of their own, with a packet filter: what is lost on the way to test hosts is lost in them. */
function lackOfNetworks() {
  try {
    const script = "iptables -A INPUT -m statistic --mode nth --every 10 --packet 0 -j DROP";
    execFileSync("unshare", ["--net", "sh", "-c", script], { stdio: "ignore" });
    return undefined;
  } catch {
    return "no network of its own with a packet filter can be made";
  }
}

/** A kernel that describes itself, and whose trace points can be mounted: what probes of it need. */
function lackOfTracePoints() {
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "this kernel does not describe itself (BTF)";
  if (existsSync("/sys/kernel/tracing/events")) return undefined;
  try {
    const words = ["--mount", "mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"];
    execFileSync("unshare", words, { stdio: "ignore" });
    return undefined;
  } catch {
    return "the trace points of this kernel cannot be mounted";
  }
}

/** @param {import("../found.mjs").Found | import("../found.mjs").Missing} look */
function reasonOf(look) {
  return look.found ? undefined : (look.reason.split("\n")[0] ?? "not found");
}

/** The Debian packages that are missing here, for system-packages.sh. @returns {string[]} */
export function missingPackages() {
  const all = /** @type {Requirement[]} */ (Object.values(REQUIREMENTS));
  const missing = all.filter(({ aptPackage, lack }) => aptPackage && lack() !== undefined);
  return missing.map(({ aptPackage }) => aptPackage ?? "");
}
