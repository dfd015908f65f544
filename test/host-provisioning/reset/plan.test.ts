import { expect, it } from "@jest/globals";
import type { Facts } from "../../../host-provisioning/facts/index.ts";
import {
  changesSettings,
  planReset,
  readSurvey,
  type Selection,
  type Survey,
} from "../../../host-provisioning/reset/index.ts";

type PackageFields = Partial<Facts["software"]["packages"][string]>;

const base = 1_700_000_000;

/** Packages with what is not of the ordinary; those without `later` came with the machine. */
function host(
  packages: Record<string, PackageFields & { later?: boolean }>,
  ports: Record<string, number> = {},
): Facts {
  const whole = Object.entries(packages).map(([name, { later: _, ...fields }]) => [
    name,
    {
      name,
      ...{
        version: "1",
        architecture: "amd64",
        installed: true,
        source: name,
        sourceVersion: "1",
        section: null,
        priority: "optional",
      },
      ...{
        essential: false,
        automatic: false,
        bytes: 1,
        vendor: null,
        licence: null,
        homepage: null,
        summary: null,
      },
      ...{ depends: [], recommends: [], provides: [] },
      ...fields,
    },
  ]);
  const open = Object.entries(ports).map(([owner, port]) => ({
    protocol: "tcp",
    ...{ address: "0.0.0.0", port, package: owner.startsWith("/") ? null : owner },
    ...{ unit: owner.startsWith("/etc") ? owner.replace(/.*\//, "") : null },
    program: owner.startsWith("/opt") ? owner : null,
  }));
  return {
    software: { manager: "dpkg", packages: Object.fromEntries(whole) },
    network: { ports: open },
  } as unknown as Facts;
}

function survey(
  packages: Record<string, PackageFields & { later?: boolean }>,
  fields: Partial<Survey> = {},
): Survey {
  const times = Object.entries(packages).map(([name, { later }]) => [name, later ? base + 90_000 : base]);
  return {
    unpackedAt: Object.fromEntries(times),
    ...{ asked: [], units: {}, shells: [], kernel: "", self: "root", files: [], templates: [] },
    ...{ people: [], hostKeys: [], hasMachineId: false, others: [], conffiles: [], available: {} },
    ...{ owners: {}, history: { installed: [], renewed: [] } },
    ...fields,
  };
}

const select = (fields: Partial<Selection>): Selection => ({
  profile: null,
  packages: { include: [], exclude: [] },
  paths: { include: [], exclude: [] },
  ...fields,
});

const asked = [{ at: "", line: "apt-get install -y -o Dpkg::Use-Pty=0 web tool fish" }];
const machine = {
  libc: { priority: "required" },
  "openssh-server": { depends: ["libc", "liblogin (>= 1)"] },
  liblogin: {},
  web: { later: true, section: "httpd", depends: ["libweb", "libc"] },
  libweb: { later: true, automatic: true },
  tool: { later: true, depends: ["libboth"], recommends: ["extras"] },
  libboth: { later: true, automatic: true },
  extras: { later: true, automatic: true },
  fish: { later: true, section: "shells" },
};

it("a profile takes what its classes name, and what is there for those alone", () => {
  const facts = host(machine, { web: 80 });
  const found = survey(machine, {
    asked,
    units: { web: ["/lib/systemd/system/web.service", "/lib/systemd/system/web@.service"] },
  });
  const medium = planReset(facts, found, select({ profile: "medium" }));
  expect(medium.work.packages).toEqual(["extras", "fish", "libboth", "tool"]);
  expect(medium.services).toEqual([]);
  expect(medium.packages.find(({ name }) => name === "libboth")?.neededBy).toEqual(["tool"]);
  const deep = planReset(facts, found, select({ profile: "deep" }));
  expect(deep.work.packages).toEqual(["extras", "fish", "libboth", "libweb", "tool", "web"]);
  expect(deep).toMatchObject({
    services: ["web.service"],
    ports: [{ port: "tcp 0.0.0.0:80", package: "web", program: null }],
  });
  expect([deep.work.units.length, changesSettings(deep.work)]).toEqual([1, false]);
  const light = planReset(facts, found, select({ profile: "light" }));
  expect(light.work.packages).toEqual([]);
});

it("what others need stays, with the reason", () => {
  const packages = { ...machine, web: { ...machine.web, depends: ["tool"] } };
  const plan = planReset(host(packages), survey(packages, { asked }), select({ profile: "medium" }));
  expect(plan.work.packages).toEqual(["fish"]);
  expect(plan.kept).toEqual([{ name: "tool", reason: "web needs it." }]);
});

it("either of two choices is enough for what needs one", () => {
  const packages = { ...machine, web: { ...machine.web, depends: ["tool | libc"] } };
  const plan = planReset(host(packages), survey(packages, { asked }), select({ profile: "medium" }));
  expect(plan.work.packages).toContain("tool");
});

it("nobody can select what the machine needs, or somebody's shell", () => {
  const include = ["libc", "liblogin", "openssh-server", "fish", "nothing"];
  const found = survey(machine, { asked, shells: ["fish"] });
  const plan = planReset(host(machine), found, select({ packages: { include, exclude: [] } }));
  expect(plan.work.packages).toEqual([]);
  expect(plan.kept.map(({ name }) => name).sort()).toEqual([...include].sort());
});

it("what is to stay stays with what it cannot do without", () => {
  const plan = planReset(
    host(machine),
    survey(machine, { asked }),
    select({ profile: "nuclear", packages: { include: [], exclude: ["tool", "tol"] } }),
  );
  expect(plan.kept).toEqual([
    { name: "tol", reason: "It was to stay, and is not installed." },
    { name: "libboth", reason: "tool needs it." },
  ]);
  expect(plan.work.packages).toEqual(["extras", "fish", "libweb", "web"]);
});

const file = (kind: string, path: string, type = "f") => ({
  ...{ class: kind, type, path, bytes: 1, allocatedBytes: 512, changedAt: 0, userId: 0 },
});

it("files go by their class; guarded, kept and excluded ones stay", () => {
  const files = [
    file("apt-cache", "/var/cache/apt/archives/a.deb"),
    file("temporary", "/tmp/socket", "s"),
    file("temporary", "/tmp/old"),
    file("live-log", "/var/log/web.log"),
    file("setting", "/etc/ssh/extra.conf"),
    file("setting", "/etc/hostname"),
    file("setting", "/etc/web.conf"),
    file("data", "/usr/local/bin", "d"),
    file("data", "/usr/local/bin/own"),
    file("home", "/home/ann/.ssh/id", "f"),
    file("home", "/home/ann/notes"),
    file("wanted", "/srv/x"),
  ] as Survey["files"];
  const found = survey({}, { files });
  expect(planReset(host({}), found, select({ profile: "light" })).work).toMatchObject({
    deletes: ["/srv/x", "/tmp/old", "/var/cache/apt/archives/a.deb"],
    empties: ["/var/log/web.log"],
  });
  const paths = { include: ["/srv/x", "/etc/fstab", "/srv/../etc/shadow"], exclude: ["/tmp"] };
  const nuclear = planReset(host({}), found, select({ profile: "nuclear", paths }));
  expect(nuclear.work.deletes).toEqual([
    "/etc/web.conf",
    "/home/ann/notes",
    "/srv/x",
    "/usr/local/bin/own",
    "/var/cache/apt/archives/a.deb",
  ]);
  expect(nuclear.kept.map(({ name }) => name)).toEqual(["/etc/fstab", "/srv/../etc/shadow"]);
});

it("chosen paths go with all in them; what is not there, guarded, or a package's own is told", () => {
  const files = [
    file("wanted", "/var/lib/old", "d"),
    file("wanted", "/var/lib/old/pipe", "p"),
    file("wanted", "/opt/suite", "d"),
    file("wanted", "/opt/suite/program"),
    file("wanted", "/opt/suite/left"),
    file("wanted", "/home/ann", "d"),
    file("wanted", "/home/ann/.ssh", "d"),
    file("wanted", "/home/ann/.ssh/id"),
    file("wanted", "/home/ann/notes"),
    file("wanted", "/srv/both"),
    file("wanted", "/srv/odd", "d"),
    file("misnamed", "/srv/odd/\ufffd"),
  ] as Survey["files"];
  const owners = { "/opt/suite": ["web"], "/opt/suite/program": ["web", "tool"] };
  const found = survey(machine, { asked, files, owners });
  const include = [
    "/var/lib/old",
    "/opt/suite",
    "/home/ann",
    "/nowhere/file",
    "/usr/bin/sudo",
    "/srv/both",
    "/srv/odd",
  ];
  const plan = (names: string[]) =>
    planReset(
      host(machine),
      found,
      select({
        packages: { include: names, exclude: ["fish"] },
        paths: { include, exclude: ["/srv/both"] },
      }),
    );
  const { work, kept } = plan(["fish"]);
  expect(work.deletes).toEqual([
    ...["/home/ann/notes", "/opt/suite/left", "/var/lib/old", "/var/lib/old/pipe"],
  ]);
  expect(kept).toEqual([
    { name: "fish", reason: "It is to stay." },
    { name: "/opt/suite", reason: "What belongs to a package goes with it alone: tool, web." },
    { name: "/home/ann", reason: "/home/ann/.ssh stays, and what it is in." },
    { name: "/nowhere/file", reason: "It is not there, or a link leads there." },
    { name: "/usr/bin/sudo", reason: "No reset may touch it." },
    { name: "/srv/both", reason: "It is to stay." },
    { name: "/srv/odd", reason: "A file whose name is no UTF-8 stays, and what it is in." },
  ]);
  expect(plan(["web"]).work.deletes).not.toContain("/opt/suite");
  const both = plan(["web", "tool"]).work.deletes;
  expect(both.filter((path) => path.startsWith("/opt"))).toEqual(["/opt/suite", "/opt/suite/left"]);
});

it("a profile leaves what packages that stay have where it takes data and settings away", () => {
  const files = [
    file("setting", "/etc/web.conf"),
    file("setting", "/etc/own.conf"),
    file("data", "/opt/suite", "d"),
    file("data", "/opt/suite/program"),
    file("data", "/opt/suite/data"),
  ] as Survey["files"];
  const owners = { "/etc/web.conf": ["web"], "/opt/suite": ["web"], "/opt/suite/program": ["web"] };
  const plan = (exclude: string[]) =>
    planReset(
      host(machine),
      survey(machine, { asked, files, owners }),
      select({ profile: "deep", packages: { include: [], exclude } }),
    );
  expect(plan(["web"]).work.deletes).toEqual(["/etc/own.conf", "/opt/suite/data"]);
  expect(plan([]).work.deletes).toEqual(["/etc/own.conf", "/opt/suite", "/opt/suite/data"]);
});

it("a folder stays with whatever stays in it", () => {
  const found = survey(
    {},
    {
      files: [
        ["d", "/home/ann/work"],
        ["d", "/home/ann/work/.aws"],
        ["d", "/home/ann/work/old"],
        ["f", "/home/ann/work/old/text"],
        ["d", "/srv/site"],
        ["s", "/srv/site/socket"],
        ["f", "/srv/site/page"],
      ].map(([type, path]) => ({
        ...{ class: path?.startsWith("/srv") ? "data" : "home", type, path },
        ...{ bytes: 1, allocatedBytes: 512, changedAt: 0, userId: 0 },
      })) as Survey["files"],
    },
  );
  expect(planReset(host({}), found, select({ profile: "nuclear" })).work.deletes).toEqual([
    "/home/ann/work/old",
    "/home/ann/work/old/text",
    "/srv/site/page",
  ]);
});

it("a file whose name is no UTF-8 cannot be named exactly: it stays, and what it is in", () => {
  const lines = [
    "/home/ann/.cache/a",
    "/home/ann/.cache/a/in",
    "/home/ann/.cache/a/\u00ff",
    "/home/ann/.cache/b",
  ];
  const records = lines.map((path, at) => `file user-cache ${at === 0 ? "d" : "f"} 1 8 0 0 ${path}\0`);
  const output = Buffer.from(`${records.join("")}end 0123456789\0`, "latin1");
  const found = readSurvey(output, "0123456789") as Survey;
  expect(planReset(host({}), found, select({ profile: "light" })).work.deletes).toEqual([
    ...["/home/ann/.cache/a/in", "/home/ann/.cache/b"],
  ]);
});

it("units of nobody's package are stopped and go with what enables them; those of networks and logins stay", () => {
  const folder = "/etc/systemd/system";
  const files = [
    ["f", `${folder}/own.service`],
    ["l", `${folder}/multi-user.target.wants/own.service`],
    ["l", `${folder}/multi-user.target.wants/other.service`],
    ["l", `${folder}/off.service`],
    ["f", `${folder}/wg-network.service`],
  ].map(([type, path]) => ({
    ...{ class: "setting", type, path },
    ...{ bytes: 1, allocatedBytes: 512, changedAt: 0, userId: 0 },
  })) as Survey["files"];
  files.push(file("data", "/opt/tool") as Survey["files"][number]);
  const open = { [`${folder}/own.service`]: 1, "/opt/tool": 2, [`${folder}/off.service`]: 3 };
  const plan = planReset(host({}, open), survey({}, { files }), select({ profile: "deep" }));
  const { work, services, ports } = plan;
  expect(ports.map(({ port }) => port)).toEqual(["tcp 0.0.0.0:1", "tcp 0.0.0.0:2"]);
  expect(changesSettings(work)).toBe(true);
  work.deletes = work.deletes.filter((path) => path.startsWith(folder));
  expect(work.deletes).toEqual([`${folder}/multi-user.target.wants/own.service`, `${folder}/own.service`]);
  expect([work.units, services]).toEqual([["own.service"], ["own.service"]]);
});

it("configuration becomes as packaged where it may be touched and its package can be had", () => {
  const packages = { ...machine, web: {}, away: {}, guarded: {}, partly: {}, same: {}, dpkg: {} };
  const conffile = (name: string, path: string, state: "changed" | "as-packaged" = "changed") => ({
    ...{ package: name, path, state },
  });
  const found = survey(packages, {
    conffiles: [
      conffile("web", "/etc/web.conf"),
      conffile("away", "/etc/away.conf"),
      conffile("guarded", "/etc/pam.d/guarded"),
      conffile("partly", "/etc/partly/kept"),
      conffile("partly", "/etc/partly/other"),
      conffile("same", "/etc/same", "as-packaged"),
    ],
    available: { web: ["2", "1"], away: ["2"], guarded: ["1"], partly: ["1"], same: ["1"], dpkg: ["1"] },
  });
  const paths = { include: [], exclude: ["/etc/partly/kept"] };
  const deep = planReset(host(packages), found, select({ profile: "deep", paths }));
  expect(deep.reinstalled).toEqual([{ name: "web", version: "1" }]);
  expect(deep.kept.map(({ name }) => name)).toEqual([
    "/etc/away.conf",
    "/etc/pam.d/guarded",
    "/etc/partly/other",
  ]);
  const nuclear = planReset(host(packages), found, select({ profile: "nuclear", paths }));
  expect(nuclear.reinstalled.map(({ name }) => name)).toEqual(["dpkg", "web"]);
  expect(planReset(host(packages), found, select({ profile: "medium" })).reinstalled).toEqual([]);
});

it("people lose their accounts by nuclear alone; who logs in stays, and who is told to", () => {
  const people = ["ann", "bob", "me"].map((name, index) => ({
    ...{ name, userId: 1000 + index, home: `/home/${name}` },
  }));
  const found = survey(
    {},
    { people, self: "me", hasMachineId: true, hostKeys: ["/etc/ssh/ssh_host_rsa_key"] },
  );
  const paths = { include: [], exclude: ["/home/bob"] };
  const nuclear = planReset(host({}), found, select({ profile: "nuclear", paths }));
  expect([nuclear.users, nuclear.renewed]).toEqual([["ann"], ["machine-id", "host-keys"]]);
  expect(nuclear.kept.map(({ name }) => name)).toEqual(["bob", "me"]);
  const deep = planReset(host({}), found, select({ profile: "deep" }));
  expect([deep.users, deep.renewed]).toEqual([[], []]);
});

it("snapd stays while there are snaps", () => {
  const packages = { ...machine, snapd: { later: true } };
  const snap = {
    manager: "snap",
    name: "core",
    version: "17",
    path: "/x",
    class: null,
    reason: "mounted",
  } as const;
  const found = (others: Survey["others"]) =>
    planReset(
      host(packages),
      survey(packages, { asked: [{ at: "", line: "apt-get install snapd" }], others }),
      select({ profile: "medium" }),
    );
  expect(found([]).work.packages).toContain("snapd");
  expect(found([snap]).work.packages).not.toContain("snapd");
  expect(found([snap]).kept.map(({ name }) => name)).toEqual(["snapd", "snap core"]);
});
