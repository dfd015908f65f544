import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  type DetailFacts,
  marked,
  Probe,
  quickScript,
  readDetails,
  readFacts,
} from "../../../host-provisioning/facts/index.ts";
import {
  assembleSecurity,
  type SecurityFacts,
  type StepName,
  type StepResult,
  steps,
} from "../../../host-provisioning/security/index.ts";
import { reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";

const mark = "0123456789abcdef";
const canary = "$y$j9T$canarycanarycanary$canarycanarycanarycanarycanarycanarycanaryc";

/** What a person leaves behind. */
const prepare = `
set -eu
ssh-keygen -q -t ed25519 -N '' -C '' -f /etc/ssh/test
useradd -m -s /bin/bash ada
printf 'ada:%s\\n' '${canary}' | chpasswd -e
useradd -m -s /bin/bash eve
passwd -q -d eve
mkdir -p /home/ada/.ssh /etc/cron.d /var/spool/cron/crontabs
printf 'command="/bin/say canary" %s for ada\n' "$(cat /etc/ssh/test.pub)" >/home/ada/.ssh/authorized_keys
printf 'PASSWORD=canary\n# canary\n5 4 * * * ada test -e /run/canary || /usr/bin/backup --password canary\n' >/etc/cron.d/nightly
printf '@reboot cd / && /home/ada/start canary\n' >/var/spool/cron/crontabs/ada
chmod 0777 /home/eve
cp /bin/true '/opt/a strange
name'
chmod 4755 /opt/a*
: >/srv/everybodys
chmod 0666 /srv/everybodys
chown 54321 /srv/everybodys
printf changed >>/usr/share/perl5/Debconf/Log.pm
printf 'ada ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/ada
printf 'PermitRootLogin yes\\nMaxAuthTries 3\\n' >/etc/ssh/sshd_config.d/test.conf
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
list=/var/lib/apt/lists/deb.debian.org_debian-security_dists_bookworm-security
printf 'Codename: bookworm-security\\nDate: Thu, 01 Jan 2026 00:00:00 UTC\\n' >"$list"_InRelease
printf 'Package: sudo\\nVersion: 99\\nArchitecture: amd64\\n\\nPackage: sudo\\nVersion: 99\\nArchitecture: arm64\\n' \
  >"$list"_main_binary-amd64_Packages
`;

(reasonWithoutTestHosts() ? describe.skip : describe)("the probes of a full scan, on a real host", () => {
  let host: TestHost;
  let found: SecurityFacts;
  let details: DetailFacts;
  let output = "";
  const at = new Date("2026-01-11T00:00:00Z");

  beforeAll(async () => {
    host = await TestHost.create();
    await host.do(prepare);
    const facts = readFacts(await host.do(quickScript(mark)), mark);
    if (!facts) throw new Error("no facts");
    const results = await Promise.all(
      steps.map(async ({ name, text }) => {
        // The host's own start makes this folder, without which the server says nothing.
        const said = await host.do(`mkdir -p /run/sshd\n${marked(text, mark)}`);
        output += said;
        return [name, { probe: new Probe(said, mark), reason: null, milliseconds: 1 }] as const;
      }),
    );
    const byName = Object.fromEntries(results) as Record<StepName, StepResult>;
    found = assembleSecurity(facts, byName, { at });
    details = readDetails(byName.details.probe as Probe, facts.system.users);
  }, 240_000);
  afterAll(() => host.close());

  const judged = (id: string) => found.judgements.find(({ check }) => check === id);

  it("see accounts without a password, and no hash leaves the host", () => {
    expect(found.settings?.passwords).toMatchObject({ ada: { kind: "y" }, eve: { kind: "empty" } });
    expect(judged("account-empty-password")).toMatchObject({ outcome: "fail", seen: ["eve: empty"] });
    expect(output).not.toContain("canary");
  });

  it("ask the SSH server itself what it goes by", () => {
    expect(found.settings?.sshd.options).toMatchObject({ permitrootlogin: "yes", maxauthtries: "3" });
    expect(judged("ssh-root")).toMatchObject({ outcome: "fail", seen: ["permitrootlogin: yes"] });
    expect(judged("ssh-tries")?.outcome).toBe("pass");
  });

  it("find programs with more rights, those of packages and a strange one with an odd name", () => {
    const paths = found.files?.privileged.map(({ path }) => path) ?? [];
    expect(paths).toEqual(expect.arrayContaining(["/usr/bin/su", "/usr/bin/sudo", "/opt/a strange\nname"]));
    expect(judged("file-setuid")).toMatchObject({
      outcome: "fail",
      seen: ["/opt/a strange\nname: 4755 of root"],
    });
  });

  it("find what everybody may write and what nobody owns", () => {
    expect(judged("file-writable")?.seen).toContain("/srv/everybodys: 0666");
    expect(judged("file-ownerless")?.seen).toContain("/srv/everybodys: 54321:root");
    expect(judged("file-homes")?.seen).toContain("/home/eve: 0777");
    expect(judged("sudo-password")?.seen).toEqual(["ada ALL=(ALL) NOPASSWD: ALL"]);
  });

  it("find an installed file that was changed, and a configuration file is none", () => {
    const path = "/usr/share/perl5/Debconf/Log.pm";
    expect(found.integrity?.changed).toContainEqual({ path, change: "content", isConfiguration: false });
    expect(judged("file-changed")).toMatchObject({ outcome: "fail", seen: [path] });
  });

  it("find a security update that the host's own index offers, and how old that is", () => {
    const { findings, sources } = found.vulnerabilities;
    expect(findings).toMatchObject([{ id: null, packages: ["sudo"], fixed: "99", state: "fixable" }]);
    expect(sources).toMatchObject([{ kind: "apt-security", release: "bookworm-security", ageDays: 10 }]);
  });

  it("tell who may log in by which key, and what is scheduled, without what may hold a password", async () => {
    const keyed = (await host.do("ssh-keygen -lf /home/ada/.ssh/authorized_keys")).split(" ")[1];
    const path = "/home/ada/.ssh/authorized_keys";
    expect(details.authorizedKeys).toEqual([
      { user: "ada", file: path, type: "ssh-ed25519", fingerprint: keyed, comment: "for ada" },
    ]);
    const own = (await host.do("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")).split(" ")[1];
    expect(details.hostKeys).toEqual([{ type: "ssh-ed25519", fingerprint: own }]);
    expect(details.schedule).toEqual(
      expect.arrayContaining([
        { file: "/etc/cron.d/nightly", user: "ada", when: "5 4 * * *", program: "/usr/bin/backup" },
        { file: "/var/spool/cron/crontabs/ada", user: "ada", when: "@reboot", program: "/home/ada/start" },
        {
          ...{ file: "/etc/cron.daily/dpkg", user: "root" },
          when: "@daily",
          program: "/etc/cron.daily/dpkg",
        },
      ]),
    );
  });

  it("tell how full filesystems are as df does", async () => {
    const rows = (await host.do("df -B1 --output=size,pcent,target -x proc -x sysfs"))
      .trim()
      .split("\n")
      .slice(1);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const [bytes, percent, point = ""] = row.trim().split(/\s+/);
      const told = details.filesystems[point];
      if (point === "/") expect(told).toBeDefined();
      if (told)
        expect([told.bytes, told.usedPercent]).toEqual([
          Number(bytes),
          percent === "-" ? null : Number.parseInt(percent ?? "", 10),
        ]);
    }
  });

  it("name what they could not see", () => {
    expect(found.settings?.missing).toContain("modprobe");
    expect(judged("module-cramfs")).toMatchObject({
      outcome: "unknown",
      reason: expect.stringMatching(/modprobe/),
    });
    expect(found.counts.unknown).toBeGreaterThan(0);
  });

  it("change nothing", async () => {
    const before = await host.state();
    for (const { text } of steps) await host.do(marked(text, mark));
    expect(await host.state()).toEqual(before);
  }, 60_000);
});
