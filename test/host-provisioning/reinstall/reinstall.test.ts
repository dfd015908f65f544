import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import {
  aptArguments,
  checkRequest,
  compareVersions,
  planReinstall,
  type ReinstallRequest,
  readConffiles,
  readMadison,
  readRefusal,
  readSimulation,
} from "../../../host-provisioning/reinstall/index.ts";
import { programPath } from "../../../toolchain/suites/possible.mjs";
import { factsOf } from "../facts/captured.ts";

const facts = factsOf("debian-12-aws");
const sshVersion = "1:9.2p1-2+deb12u4";
const simulated = readSimulation(
  [
    "Reading package lists...",
    "0 upgraded, 0 newly installed, 1 reinstalled, 0 to remove and 127 not upgraded.",
    `Inst openssh-server [${sshVersion}] (${sshVersion} Debian:12.15/oldstable [amd64])`,
    `Conf openssh-server (${sshVersion} Debian:12.15/oldstable [amd64])`,
  ].join("\n"),
);
const request = (fields: object = {}, configuration: "fresh" | "keep" = "fresh"): ReinstallRequest => ({
  packages: [{ name: "openssh-server", ...fields }],
  configuration,
});
const conffiles = readConffiles(
  [
    "package openssh-server",
    " /etc/default/ssh 500e3cf069fe9a7b9936108eb9d9c035",
    " /etc/init.d/ssh 3649a6fe8c18ad1d5245fd91737de507",
    " /etc/pam.d/sshd 8b4c7a12b031424b2a9946881da59812",
    " /etc/old.conf 8b4c7a12b031424b2a9946881da59812 obsolete",
    "package nano",
    " /etc/nanorc ae7bfcc3fd72b46f4d7ccf6a9d2d5f46",
  ].join("\n"),
  [
    "500e3cf069fe9a7b9936108eb9d9c035  /etc/default/ssh",
    "00000000000000000000000000000000  /etc/pam.d/sshd",
  ].join("\n"),
);
const plan = (...how: [ReinstallRequest, typeof simulated?]) => {
  const [wanted, simulation = simulated] = how;
  return planReinstall(wanted, facts, simulation, conffiles);
};

describe("what apt says", () => {
  it("is read: again, newer, older, new and gone", () => {
    const { installs, removes } = readSimulation(
      [
        "Inst a [1.0-1] (1.0-1 Debian:12 [amd64])",
        "Inst b [1.0-1] (1.0-2 Debian:12, Debian-Security:12/stable-security [amd64]) [c:amd64 ]",
        "Inst c:i386 [2:1.0-1] (1.0-2 Debian:12 [i386])",
        "Inst d (5 Debian:12 [all])",
        "Remv e [3.1] [f:amd64 ]",
        "Purg g [4]",
      ].join("\n"),
    );
    expect(installs.map(({ name, kind, to }) => [name, kind, to])).toEqual([
      ["a", "reinstall", "1.0-1"],
      ["b", "upgrade", "1.0-2"],
      ["c", "downgrade", "1.0-2"],
      ["d", "new", "5"],
    ]);
    expect(removes).toEqual([
      { name: "e", version: "3.1" },
      { name: "g", version: "4" },
    ]);
  });

  it.each([
    ["E: Unable to locate package nosuchpkg", "unknown-package", "nosuchpkg"],
    ["x\nE: Version '9.9' for 'nginx' was not found", "unknown-version", "nginx"],
    ["E: Package 'mailx' has no installation candidate", "not-installed-anywhere", "mailx"],
    [
      "The following packages have unmet dependencies:\n nginx : Depends: nginx-common (< 1.2) but 1.3 is to be installed\nE: Unable to correct problems, you have held broken packages.",
      "unmet",
      "nginx",
    ],
    ["E: Held packages were changed and -y was used without --allow-change-held-packages.", "held", null],
    ["E: dpkg was interrupted", "other", null],
    ["", "other", null],
  ])("%j is a refusal of kind %s", (output, kind, name) => {
    expect(readRefusal(output)).toMatchObject({ kind, package: name });
  });

  it("versions that can be had, each once", () => {
    const output = [
      "     nginx | 1.22.1-9+deb12u11 | http://deb.example.com/debian-security bookworm-security/main amd64 Packages",
      "     nginx | 1.22.1-9+deb12u9 | http://deb.example.com/debian bookworm/main amd64 Packages",
      "     nginx | 1.22.1-9+deb12u9 | http://deb.example.com/debian bookworm/main Sources",
    ].join("\n");
    expect(readMadison(output).map(({ version }) => version)).toEqual([
      "1.22.1-9+deb12u11",
      "1.22.1-9+deb12u9",
    ]);
  });
});

describe("the order of versions", () => {
  const ordered = [
    "0:1.0~~",
    "1.0~rc1-1",
    "1.0~rc1-2",
    "1.0",
    "1.0-1",
    "1.0-1+b1",
    "1.0+x",
    "1.0a",
    "1.2",
    "1.10",
    "1:0.1",
  ];
  const known: [string, string, number][] = [
    ["1.0", "1.0", 0],
    ["1.0-0", "1.0", 0],
    ["01.0", "1.0", 0],
    ["1.0~", "1.0", -1],
    ["1.0a", "1.0+", -1],
    ["1.9", "1.10", -1],
    ["1:1", "2", 1],
    ["9223372036854775808", "9223372036854775807", 1],
  ];
  it.each(known)("%s and %s: %d", (a, b, order) => {
    expect(Math.sign(compareVersions(a, b))).toBe(order);
    expect(Math.sign(compareVersions(b, a))).toBe(order === 0 ? 0 : -order);
  });

  (programPath("dpkg") ? it : it.skip)(
    "is dpkg's",
    () => {
      for (const [index, a] of ordered.slice(1).entries()) {
        const b = ordered[index] as string;
        const isLess = spawnSync("dpkg", ["--compare-versions", a, "lt", b]).status === 0;
        expect([a, b, compareVersions(a, b) < 0]).toEqual([a, b, isLess]);
      }
    },
    60_000,
  );
});

describe("the plan of a reinstallation", () => {
  it("is one transaction that removes nothing, with packaged text for what was changed or deleted", () => {
    expect(plan(request())).toMatchObject({
      plan: {
        installs: [{ name: "openssh-server", kind: "reinstall" }],
        replaced: ["/etc/pam.d/sshd"],
        restored: ["/etc/init.d/ssh"],
        files: [],
      },
    });
    const words = aptArguments(request(), facts);
    expect(words).toContain("--no-remove");
    expect(words.slice(words.indexOf("--"))).toEqual(["--", "openssh-server"]);
    expect(words.filter((word) => word.includes("force")).map((word) => word.split("=")[1])).toEqual([
      "--force-confask",
      "--force-confnew",
      "--force-confmiss",
    ]);
  });

  it("leaves settings alone when they are to be kept", () => {
    expect(plan(request({}, "keep"))).toMatchObject({ plan: { replaced: [], restored: [] } });
    expect(aptArguments(request({}, "keep"), facts)).toContain("-oDpkg::Options::=--force-confold");
  });

  it("checks afterwards what ran before: version, files, unit, port, and the program's own test", () => {
    const found = plan(request());
    expect("plan" in found && found.plan.checks).toEqual([
      { kind: "version", package: "openssh-server", version: sshVersion },
      { kind: "verify", package: "openssh-server" },
      { kind: "unit", unit: "ssh.service" },
      { kind: "port", listen: "tcp 0.0.0.0:22" },
      { kind: "port", listen: "tcp [::]:22" },
      { kind: "config", program: "/usr/sbin/sshd", arguments: ["-t"] },
    ]);
  });

  it("checks afterwards what needs the package, too", () => {
    const line = `Inst openssh-client [${sshVersion}] (${sshVersion} Debian:12 [amd64])`;
    const wanted: ReinstallRequest = { packages: [{ name: "openssh-client" }], configuration: "keep" };
    const found = planReinstall(wanted, facts, readSimulation(line), conffiles);
    expect("plan" in found && found.plan.checks.map(({ kind }) => kind)).toEqual([
      "version",
      "verify",
      "unit",
      "port",
      "port",
      "config",
    ]);
  });

  it("holds, lets go, and pins the version that is asked for, an older one too", () => {
    const older = { version: "1:9.2p1-2+deb12u3", hold: true, pin: true };
    const simulation = readSimulation(
      `Inst openssh-server [${sshVersion}] (${older.version} Debian:12.15/oldstable [amd64])`,
    );
    expect(plan(request(older), simulation)).toMatchObject({
      plan: {
        holds: ["openssh-server"],
        unholds: [],
        files: [
          {
            path: "/etc/apt/preferences.d/60-roost-openssh-server.pref",
            text: "Package: openssh-server\nPin: version 1:9.2p1-2+deb12u3\nPin-Priority: 1001\n",
          },
        ],
      },
    });
    expect(aptArguments(request(older), facts)).toEqual(
      expect.arrayContaining(["--allow-downgrades", "openssh-server=1:9.2p1-2+deb12u3"]),
    );
    expect(aptArguments(request(), facts)).not.toContain("--allow-downgrades");
    expect(plan(request({ hold: false }))).toMatchObject({ plan: { unholds: ["openssh-server"] } });
  });

  it.each([
    ["packages[0].name", request({ name: "-oDPkg::Pre-Invoke=x" }), ""],
    ["packages[0].name", request({ name: "a b" }), ""],
    ["packages[0].version", request({ version: "1.0;x" }), ""],
    ["packages[0].pin", request({ pin: true }), ""],
    ["packages[0].version", request({ version: "1:9.2p1-2+deb12u1" }), ""],
    ["packages", request(), "\nRemv sudo [1.9]"],
  ])("names what stands against it: %s", (field, wanted, more) => {
    const text = `Inst openssh-server [${sshVersion}] (${sshVersion} Debian:12 [amd64])${more}`;
    expect(plan(wanted, readSimulation(text))).toMatchObject({ faults: [{ field }] });
  });

  it("says when the installed version is gone, and when it is not installed at all", () => {
    const only = (line: string) => {
      const found = plan(request(), readSimulation(line));
      return "faults" in found ? found.faults : [];
    };
    expect(only(`Inst openssh-server [${sshVersion}] (1:9.9-1 Debian:12 [amd64])`)).toMatchObject([
      { field: "packages[0].version", message: expect.stringContaining("1:9.9-1") },
    ]);
    expect(only("Inst openssh-server (1:9.9-1 Debian:12 [amd64])")).toMatchObject([
      { field: "packages[0].name", message: expect.stringContaining("not installed") },
    ]);
    const twice = { packages: [{ name: "nano" }, { name: "nano" }], configuration: "keep" } as const;
    expect(checkRequest({ ...twice, packages: [...twice.packages] })).toMatchObject([
      { field: "packages[1].name" },
    ]);
  });

  (programPath("apt-get") ? it : it.skip)(
    "is taken by the real apt-get, in simulation",
    () => {
      const [, installed] = execFileSync("dpkg-query", ["-W", "base-files"], { encoding: "utf8" })
        .trim()
        .split("\t");
      const wanted: ReinstallRequest = { packages: [{ name: "base-files" }], configuration: "fresh" };
      const { status, stdout, stderr } = spawnSync(
        "apt-get",
        ["--simulate", "-oDebug::NoLocking=1", ...aptArguments(wanted, facts)],
        { encoding: "utf8", env: { PATH: process.env.PATH, LC_ALL: "C" } },
      );
      // A machine without package lists cannot get it again, and says so.
      if (status === 0 && !/cannot be downloaded|not possible/.test(stdout))
        expect(readSimulation(stdout).installs[0]).toMatchObject({ name: "base-files", from: installed });
      else expect(stdout + stderr).toMatch(/base-files/);
    },
    60_000,
  );
});
