import { execFileSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import { Probe } from "../../../host-provisioning/facts/index.ts";
import { joinVulnerabilities, type TrackerEntry } from "../../../host-provisioning/security/index.ts";
import { readOffered } from "../../../host-provisioning/security/vulnerabilities.ts";
import { Random } from "../../automation-api/state-backend/random.ts";
import { hardened } from "./hardened.ts";

const at = new Date("2026-01-11T00:00:00Z");
const { facts } = hardened();
const sudo = facts.software.packages.sudo as NonNullable<(typeof facts.software.packages)[string]>;
const software = (...packages: Partial<typeof sudo>[]) => ({
  manager: "dpkg",
  packages: Object.fromEntries(packages.map((each, index) => [String(index), { ...sudo, ...each }])),
});
const tracker = (entries: Record<string, TrackerEntry>) => ({
  dataFrom: new Date("2026-01-01T12:00:00Z"),
  entries: new Map(Object.entries(entries)),
});
const known = (status: string, fixed?: string) => ({
  releases: { bookworm: { status, ...(fixed !== undefined && { fixed_version: fixed }), urgency: "low" } },
});
const offered = (...lines: string[]) => {
  const lists = "/var/lib/apt/lists/deb.debian.org_debian-security_dists_bookworm-security";
  const text = ["== MARK self", "1", "== MARK releases", `${lists}_InRelease:Codename: bookworm-security`];
  text.push(
    `${lists}_InRelease:Date: Thu, 01 Jan 2026 12:00:00 UTC`,
    "== MARK offered",
    ...lines,
    "== MARK end",
  );
  return readOffered(
    new Probe(
      text.map((line) => line.replace("@", `@${lists}_main_binary-amd64_Packages`)).join("\n"),
      "MARK",
    ),
  );
};

describe("known faults", () => {
  it.each([
    ["an older version than the fixed one", "1.2-3", "resolved", "1.2-3+deb12u1", "fixable"],
    ["the fixed version", "1.2-3+deb12u1", "resolved", "1.2-3+deb12u1", undefined],
    ["a newer one", "1:1.0-1", "resolved", "2.0-1", undefined],
    ["one before the release, by a tilde", "2.0~rc1-1", "resolved", "2.0-1", "fixable"],
    ["a release that never had it", "1.0-1", "resolved", "0", undefined],
    ["no fix yet", "1.0-1", "open", undefined, "open"],
    ["nobody has looked", "1.0-1", "undetermined", undefined, "undetermined"],
  ])("%s", (_what, installed, status, fixed, state) => {
    const found = joinVulnerabilities(
      software({ name: "libx1", source: "x", sourceVersion: installed }),
      "bookworm",
      {
        tracker: tracker({ x: { "CVE-2025-1": known(status, fixed) } }),
        at,
      },
    );
    expect(found.findings.map(({ id, state: is, packages }) => [id, is, packages])).toEqual(
      state === undefined ? [] : [["CVE-2025-1", state, ["libx1"]]],
    );
    expect(found.sources).toEqual([
      { kind: "debian-tracker", release: "bookworm", dataFrom: "2026-01-01T12:00:00.000Z", ageDays: 9 },
    ]);
  });

  it("are judged by the version of the source, which is not always the package's", () => {
    const packages = software({ name: "libgcc", version: "1:9", source: "gcc", sourceVersion: "8-1" });
    const by = { tracker: tracker({ gcc: { "CVE-2025-2": known("resolved", "9-1") } }), at };
    expect(joinVulnerabilities(packages, "bookworm", by).findings).toHaveLength(1);
    expect(joinVulnerabilities(packages, "trixie", by).findings).toEqual([]);
  });

  it("are security updates without a name where only the host's own index tells", () => {
    const index = offered(
      ...["@", "Package: sudo", "Version: 2", "Architecture: amd64", "Package: sudo", "Version: 9"],
      ...["Architecture: arm64", "Package: other", "Version: 9", "Architecture: amd64"],
    );
    const found = joinVulnerabilities(
      software({ name: "sudo", version: "1", architecture: "amd64" }),
      "bookworm",
      {
        offered: index,
        at,
      },
    );
    expect(found.findings).toMatchObject([{ id: null, packages: ["sudo"], installed: "1", fixed: "2" }]);
    expect(found.sources).toMatchObject([{ kind: "apt-security", release: "bookworm-security", ageDays: 9 }]);
  });

  it("are unknown without data, and without dpkg, which is no sign that there are none", () => {
    const none = joinVulnerabilities(software({}), "bookworm", { offered: offered(), at });
    expect([none.outcome, none.reason]).toEqual(["unknown", expect.stringContaining("No data")]);
    const rpm = joinVulnerabilities({ ...software({}), manager: "rpm" }, "9", { tracker: tracker({}), at });
    expect([rpm.outcome, rpm.findings]).toEqual(["unknown", []]);
  });
});

const hasDpkg = () => {
  try {
    return execFileSync("dpkg", ["--version"]).length > 0;
  } catch {
    return false;
  }
};

(hasDpkg() ? it : it.skip)("a fault is one where dpkg itself calls the installed version older", () => {
  const random = new Random(4);
  const pick = (of: string) => of[random.below(of.length)] as string;
  const part = () => Array.from({ length: 1 + random.below(4) }, () => pick("019ab~+.")).join("");
  const version = () =>
    `${random.chance(0.3) ? `${pick("012")}:` : ""}${pick("0129")}${part()}${random.chance(0.7) ? `-${part()}` : ""}`;
  const pairs = Array.from({ length: 200 }, () => {
    const one = version();
    return [one, random.chance(0.3) ? one + pick("~+a1") : version()] as const;
  });
  const script = pairs
    .map(([a, b]) => `dpkg --compare-versions '${a}' lt '${b}' && echo 1 || echo 0`)
    .join("\n");
  const said = execFileSync("/bin/sh", ["-s"], {
    input: script,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ours = pairs.map(([installed, fixed]) => {
    const entries = tracker({ x: { "CVE-1": known("resolved", fixed) } });
    const one = software({ source: "x", sourceVersion: installed });
    return joinVulnerabilities(one, "bookworm", { tracker: entries, at }).findings.length;
  });
  const wrong = said
    .trim()
    .split("\n")
    .flatMap((is, index) => (Number(is) === ours[index] ? [] : [pairs[index]]));
  expect([said.trim().split("\n").length, wrong]).toEqual([200, []]);
});
