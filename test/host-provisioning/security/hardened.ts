import type { Facts } from "../../../host-provisioning/facts/index.ts";
import { type Check, checks, type Evidence } from "../../../host-provisioning/security/index.ts";
import { factsFrom } from "../facts/captured.ts";

export interface Host {
  evidence: Evidence;
  facts: Facts;
}

const packageOf = (name: string, version = "1") => ({
  ...{
    name,
    version,
    architecture: "amd64",
    installed: true,
    source: name,
    sourceVersion: version,
    section: null,
  },
  ...{
    priority: null,
    essential: false,
    automatic: false,
    bytes: 1,
    vendor: null,
    licence: null,
    homepage: null,
  },
  ...{ summary: null, depends: [], recommends: [], provides: [] },
});
const processOf = (name: string) => ({
  ...{ parent: 1, name, state: "S", user: 0, threads: 1, memoryBytes: 1, swapBytes: 0 },
  ...{ program: `/usr/sbin/${name}`, script: null, unit: null, container: null },
});
const user = (id: number, home: string, shell: string) => ({ id, group: id, comment: "", home, shell });

/** A host at which every check passes. */
export function hardened(): Host {
  const facts = factsFrom(
    "/etc/os-release:ID=debian",
    "/etc/os-release:VERSION_CODENAME=bookworm",
    "/sys/devices/system/cpu/vulnerabilities/meltdown:Not affected",
    "36 25 0:32 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw".replace(/^/, "/proc/self/mountinfo:"),
    "37 25 0:33 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw".replace(/^/, "/proc/self/mountinfo:"),
  );
  facts.system.users = {
    root: user(0, "/root", "/bin/bash"),
    daemon: user(1, "/usr/sbin", "/usr/sbin/nologin"),
    ada: user(1000, "/home/ada", "/bin/bash"),
  };
  facts.system.groups = {
    ...{ root: { id: 0, members: [] }, daemon: { id: 1, members: [] }, ada: { id: 1000, members: [] } },
    ...{ shadow: { id: 42, members: [] }, docker: { id: 43, members: [] } },
  };
  facts.system.sysctl = Object.fromEntries(checks.flatMap(goodSettings));
  facts.software.manager = "dpkg";
  facts.software.packages = Object.fromEntries(
    ["sudo", "unattended-upgrades", "openssh-server"].map((name) => [name, packageOf(name)]),
  );
  facts.processes = Object.fromEntries(
    ["systemd-journal", "chronyd", "auditd", "sshd"].map((name, index) => [
      String(index + 2),
      processOf(name),
    ]),
  );
  const at = (mode: number, group = 0, owner = 0) => ({ mode, owner, group });
  const evidence: Evidence = {
    settings: {
      sshd: { installed: true, reason: null, options: Object.fromEntries(checks.flatMap(goodServer)) },
      loginDefs: { PASS_MAX_DAYS: "365", ENCRYPT_METHOD: "YESCRYPT", UMASK: "027" },
      passwords: {
        root: { kind: "locked", changed: 1, most: 365 },
        ada: { kind: "y", changed: 1, most: 365 },
      },
      pam: ["common-auth: auth required pam_faillock.so preauth", "common-auth: auth required pam_unix.so"],
      ...{ faillock: {}, pwquality: {}, journald: {} },
      sudoers: ["Defaults use_pty", "%sudo ALL=(ALL:ALL) ALL"],
      modules: { cramfs: "absent", dccp: "disabled", sctp: "disabled" },
      permissions: {
        ...{ "/etc/passwd": at(0o644), "/etc/shadow": at(0o640, 42), "/etc/cron.d": at(0o755) },
        ...{ "/etc/ssh/sshd_config": at(0o600), "/etc/ssh/ssh_host_ed25519_key": at(0o600) },
        ...{ "/etc/sudoers": at(0o440), "/boot/grub/grub.cfg": at(0o600), "/root": at(0o700) },
        ...{ "/run/docker.sock": at(0o660, 43), "/home/ada": at(0o750, 1000, 1000) },
        ...{ "/home/ada/.ssh/authorized_keys": at(0o600, 1000, 1000) },
      },
      firewall: { state: "filters", rules: ["type filter hook input priority filter; policy drop;"] },
      mandatoryAccess: "apparmor",
      apt: { "apt::periodic::unattended-upgrade": "1" },
      ...{ unsignedSources: [], missing: [] },
    },
    files: {
      privileged: [{ path: "/usr/bin/su", mode: 0o4755, owner: "root", group: "root" }],
      ...{ worldWritable: [], ownerless: [], searched: ["/"], skipped: [], cut: false },
    },
    integrity: { manager: "dpkg", changed: [], excluded: 0, cut: false },
    vulnerabilities: { outcome: "known", reason: null, sources: [], packages: 3, findings: [] },
    privilegedOwners: { "/usr/bin/su": "util-linux" },
    reasons: {},
  };
  return { evidence, facts };
}

function goodValue({ expect }: Check): string | number | undefined {
  if ("is" in expect) return expect.is[0];
  if ("atLeast" in expect) return expect.atLeast;
  if ("between" in expect) return expect.between[1];
  return "avoids" in expect ? "strong" : undefined;
}

function goodSettings(check: Check): [string, string | number][] {
  const { subject } = check;
  if (!("sysctl" in subject)) return [];
  return subject.sysctl.map((name) => [name, goodValue(check) as number]);
}

function goodServer(check: Check): [string, string][] {
  return "sshd" in check.subject ? [[check.subject.sshd, String(goodValue(check))]] : [];
}

/** What makes each check fail, by its id. */
export const spoilers: Record<string, (host: Host) => void> = {
  "account-empty-password": ({ evidence }) => setPassword(evidence, "ada", "empty"),
  "account-weak-hash": ({ evidence }) => setPassword(evidence, "ada", "1"),
  "account-root-ids": ({ facts }) => {
    facts.system.users.toor = { ...user(0, "/root", "/bin/sh"), group: 1 };
  },
  "account-root-group": ({ facts }) => {
    facts.system.users.eve = { ...user(1001, "/", "/bin/sh"), group: 0 };
  },
  "account-system-shells": ({ facts }) => {
    (facts.system.users.daemon as { shell: string }).shell = "/bin/sh";
  },
  "account-same-ids": ({ facts }) => {
    facts.system.users.eve = user(1000, "/home/ada", "/bin/sh");
  },
  "account-same-groups": ({ facts }) => {
    facts.system.groups.eve = { id: 1000, members: [] };
  },
  "account-no-group": ({ facts }) => {
    facts.system.users.eve = user(1009, "/", "/bin/sh");
  },
  "account-shadow-group": ({ facts }) => facts.system.groups.shadow?.members.push("ada"),
  "account-container-group": ({ facts }) => facts.system.groups.docker?.members.push("ada"),
  "account-lockout": ({ evidence }) => void evidence.settings?.pam.shift(),
  "account-nullok": ({ evidence }) =>
    evidence.settings?.pam.push("common-auth: auth required pam_unix.so nullok"),
  "account-password-age": ({ evidence }) => setLogin(evidence, "PASS_MAX_DAYS", "99999"),
  "account-hash-method": ({ evidence }) => setLogin(evidence, "ENCRYPT_METHOD", "MD5"),
  "account-umask": ({ evidence }) => setLogin(evidence, "UMASK", "022"),
  "sudo-terminal": ({ evidence }) => void evidence.settings?.sudoers?.shift(),
  "sudo-password": ({ evidence }) => evidence.settings?.sudoers?.push("ada ALL=(ALL) NOPASSWD: ALL"),
  "sudo-again": ({ evidence }) => evidence.settings?.sudoers?.push("Defaults !authenticate"),
  "file-passwd": ({ evidence }) => setMode(evidence, "/etc/passwd", 0o666),
  "file-shadow": ({ evidence }) => setMode(evidence, "/etc/shadow", 0o644),
  "file-cron": ({ evidence }) => setMode(evidence, "/etc/cron.d", 0o777),
  "file-sshd": ({ evidence }) => setMode(evidence, "/etc/ssh/sshd_config", 0o646),
  "file-host-keys": ({ evidence }) => setMode(evidence, "/etc/ssh/ssh_host_ed25519_key", 0o644),
  "file-sudoers": ({ evidence }) => setMode(evidence, "/etc/sudoers", 0o444),
  "file-boot": ({ evidence }) => setMode(evidence, "/boot/grub/grub.cfg", 0o666),
  "file-root-home": ({ evidence }) => setMode(evidence, "/root", 0o755),
  "file-container-socket": ({ evidence }) => setMode(evidence, "/run/docker.sock", 0o666),
  "file-homes": ({ evidence }) => setMode(evidence, "/home/ada", 0o755),
  "file-login-keys": ({ evidence }) => setMode(evidence, "/home/ada/.ssh/authorized_keys", 0o666),
  "file-rhosts": ({ evidence }) => setMode(evidence, "/home/ada/.rhosts", 0o600),
  "file-writable": ({ evidence }) => evidence.files?.worldWritable.push(file("/srv/all", 0o666)),
  "file-ownerless": ({ evidence }) =>
    evidence.files?.ownerless.push({ ...file("/srv/x", 0o644), owner: "999" }),
  "file-setuid": ({ evidence }) => evidence.files?.privileged.push(file("/usr/local/bin/root", 0o4755)),
  "file-changed": ({ evidence }) =>
    evidence.integrity?.changed.push({ path: "/usr/bin/ls", change: "content", isConfiguration: false }),
  "mount-tmp": ({ facts }) => {
    (facts.system.mounts["/tmp"] as { options: string[] }).options = ["rw"];
  },
  "mount-shm": ({ facts }) => {
    (facts.system.mounts["/dev/shm"] as { options: string[] }).options = ["rw"];
  },
  "net-firewall": ({ evidence }) => {
    if (evidence.settings) evidence.settings.firewall = { state: "none", rules: [] };
  },
  "net-databases": ({ facts }) => open(facts, 6379, "redis-server"),
  "net-plain-logins": ({ facts }) => open(facts, 23, "telnetd"),
  "net-docker-port": ({ facts }) => open(facts, 2375, "dockerd"),
  "kernel-processor-faults": ({ facts }) => {
    facts.hardware.cpu.vulnerabilities.mds = "Vulnerable: no microcode";
  },
  "kernel-restart": ({ facts }) => {
    facts.system.rebootRequired = true;
  },
  "kernel-access-control": ({ evidence }) => {
    if (evidence.settings) evidence.settings.mandatoryAccess = "none";
  },
  "module-cramfs": ({ evidence }) => {
    if (evidence.settings?.modules) evidence.settings.modules.cramfs = "loads";
  },
  "module-dccp": ({ evidence }) => {
    if (evidence.settings?.modules) evidence.settings.modules.dccp = "loads";
  },
  "module-sctp": ({ facts }) => {
    facts.system.kernel.modules.sctp = { bytes: 1, uses: 0, usedBy: [] };
  },
  "software-old-clients": ({ facts }) => install(facts, "telnet"),
  "software-old-servers": ({ facts }) => install(facts, "telnetd"),
  "software-desktop-services": ({ facts }) => {
    facts.processes["99"] = processOf("cupsd");
  },
  "software-signed": ({ evidence }) =>
    evidence.settings?.unsignedSources.push("deb [trusted=yes] http://x y z"),
  "software-unsigned-allowed": ({ evidence }) => {
    if (evidence.settings) evidence.settings.apt["apt::get::allowunauthenticated"] = "true";
  },
  "software-updates": ({ evidence }) => {
    if (evidence.settings) evidence.settings.apt = {};
  },
  "software-vulnerable": ({ evidence }) =>
    evidence.vulnerabilities.findings.push({
      ...{ id: "CVE-2024-0001", source: "openssl", packages: ["openssl"], installed: "1", fixed: "2" },
      ...{ state: "fixable", urgency: null, note: null },
    }),
  "software-time": ({ facts }) => stop(facts, "chronyd"),
  "software-log": ({ facts }) => stop(facts, "systemd-journal"),
  "software-audit": ({ facts }) => stop(facts, "auditd"),
};

/** Of kernel settings and keywords of the SSH server: what is neither the good value nor near it. */
export function spoil({ id, subject, expect }: Check, host: Host): void {
  if (spoilers[id]) return void spoilers[id](host);
  const bad =
    "avoids" in expect ? `strong,${expect.avoids[0]}` : "atLeast" in expect ? expect.atLeast - 1 : "bad";
  if ("sysctl" in subject) host.facts.system.sysctl[subject.sysctl.at(-1) as string] = bad;
  else if ("sshd" in subject && host.evidence.settings?.sshd.options)
    host.evidence.settings.sshd.options[subject.sshd] = String(bad);
  else throw new Error(`Nothing makes ${id} fail.`);
}

const file = (path: string, mode: number) => ({ path, mode, owner: "root", group: "root" });

function setPassword({ settings }: Evidence, name: string, kind: string): void {
  if (settings?.passwords) settings.passwords[name] = { kind, changed: 1, most: 365 };
}

function setLogin({ settings }: Evidence, key: string, value: string): void {
  if (settings) settings.loginDefs[key] = value;
}

function setMode({ settings }: Evidence, path: string, mode: number): void {
  const { owner, group } = settings?.permissions?.[path] ?? { owner: 0, group: 0 };
  if (settings?.permissions) settings.permissions[path] = { owner, group, mode };
}

function open({ network }: Facts, port: number, process: string): void {
  const place = { protocol: "tcp" as const, address: "0.0.0.0", port, scope: "any" as const };
  network.ports.push({ ...place, user: 0, process, program: null, package: null, unit: null });
}

function install({ software }: Facts, name: string): void {
  software.packages[name] = packageOf(name);
}

function stop({ processes }: Facts, name: string): void {
  for (const [id, process] of Object.entries(processes)) if (process.name === name) delete processes[id];
}
