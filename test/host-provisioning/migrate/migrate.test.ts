import { describe, expect, it } from "@jest/globals";
import {
  type Choice,
  type Content,
  collect,
  draftMigration,
  type HostState,
  type Manifest,
  type MigrationRequest,
  parts,
  planMigration,
  readState,
  type Sides,
  type Solved,
  sourcesToPut,
  unknownChoices,
  wantedOf,
} from "../../../host-provisioning/migrate/index.ts";

const state: HostState = {
  architecture: "amd64",
  id: "debian",
  codename: "bookworm",
  packages: [],
  conffiles: [],
  users: [],
  groups: [{ name: "root", gid: 0 }],
  accounts: ["root"],
  units: [],
  files: [],
  passwords: {},
};
const installed = (name: string, version: string, more: object = {}) => ({
  ...{ name, version, architecture: "amd64", installed: true, manual: true, hold: false },
  ...more,
});
const bytes = Buffer.from("text\n");
const file = (path: string, part: Manifest["files"][number]["part"], more: object = {}) => ({
  ...{ path, part, mode: "644", owner: "root", group: "root", sha256: "0".repeat(64) },
  ...{ bytes: bytes.length, package: null, ...more },
});
const ann = {
  name: "ann",
  uid: 1000,
  group: "ann",
  comment: "",
  home: "/home/ann",
  shell: "/bin/sh",
  groups: ["adm"],
};
const nothing: Solved = { chosen: [], simulation: { installs: [], removes: [] }, refused: {}, sources: null };
const sidesOf = (
  archive: Partial<Manifest>,
  here: Partial<HostState> = {},
  present: Sides["present"] = new Map(),
): Sides => {
  const host = {
    id: "hst_1",
    name: "old",
    distribution: "debian",
    codename: "bookworm",
    architecture: "amd64",
  };
  const base: Manifest = {
    format: 1,
    madeAt: "",
    host,
    packages: [],
    files: [],
    users: [],
    groups: [],
    units: [],
    passwords: null,
  };
  const manifest = { ...base, ...archive };
  const contents = new Map(manifest.files.map(({ path }) => [path, bytes]));
  return { manifest, contents, here: { ...state, ...here }, present };
};
const asked = (more: Partial<MigrationRequest> = {}): MigrationRequest => ({
  ...{ parts, onConflict: "keep" as Choice, choices: {}, start: true },
  ...more,
});
const shortOf = (sides: Sides, request = asked(), solved = nothing) =>
  planMigration(sides, request, solved).items.map(({ id, state: is, choice }) => [id, is, choice]);
const packaged = (...packages: ReturnType<typeof installed>[]) =>
  packages.map(({ installed: _, ...each }) => each);

describe("what is taken over", () => {
  it("is asked for where it is not here, and left where it is here otherwise", () => {
    const sides = sidesOf(
      {
        packages: packaged(
          installed("a", "1"),
          installed("b", "1"),
          installed("c", "1"),
          installed("d", "1", { manual: false }),
        ),
      },
      { packages: [installed("a", "1"), installed("b", "2")] },
    );
    expect(wantedOf(sides, asked())).toEqual([{ name: "c", version: "1", must: false }]);
    expect(wantedOf(sides, asked({ choices: { "package:b": "replace", "package:c": "keep" } }))).toEqual([
      { name: "b", version: "1", must: true },
    ]);
    const refused = { ...nothing, refused: { c: "no source of this host has it" } };
    expect(shortOf(sides, asked(), refused)).toEqual([
      ["package:a", "already-so", "keep"],
      ["package:b", "conflict", "keep"],
      ["package:c", "impossible", "keep"],
    ]);
  });

  it.each<[string, Manifest["files"][number], Partial<HostState>, string]>([
    [
      "a source of another release",
      file("/etc/apt/sources.list", "sources"),
      { codename: "trixie" },
      "is for debian bookworm",
    ],
    [
      "what is not to be touched",
      file("/etc/ssh/sshd_config", "conffiles", { package: "ssh" }),
      {},
      "could lock",
    ],
    [
      "settings of what is not here",
      file("/etc/x", "conffiles", { package: "x" }),
      {},
      "its package x is not here",
    ],
    ["what belongs to nobody here", file("/etc/cron.d/x", "crontabs", { owner: "bob" }), {}, "its owner bob"],
  ])("is not %s", (_what, wanted, here, reason) => {
    const sides = sidesOf({ files: [wanted] }, here);
    expect(planMigration(sides, asked(), nothing)).toMatchObject({
      items: [{ state: "impossible", choice: "keep", reason: expect.stringContaining(reason) }],
      files: [],
    });
  });

  it("takes the place of packaged text, and of people's only when that is said", () => {
    const path = "/etc/nginx/nginx.conf";
    const files = [file(path, "conffiles", { package: "nginx" })];
    const found = {
      kind: "file" as const,
      mode: "644",
      owner: "root",
      group: "root",
      bytes: Buffer.from("other\n"),
    };
    const here = { packages: [installed("nginx", "1")] };
    const packagedHere = { ...here, conffiles: [{ package: "nginx", path, state: "as-packaged" as const }] };
    const present = new Map([[path, found]]);
    expect(shortOf(sidesOf({ files }, packagedHere, present))).toEqual([[`file:${path}`, "new", "replace"]]);
    const sides = sidesOf({ files }, here, present);
    expect(planMigration(sides, asked(), nothing)).toMatchObject({
      items: [{ state: "conflict", choice: "keep", diff: expect.stringContaining("\n-other\n+text\n") }],
    });
    expect(planMigration(sides, asked({ onConflict: "replace" }), nothing).files).toHaveLength(1);
    const same = new Map([[path, { ...found, bytes }]]);
    expect(shortOf(sidesOf({ files }, here, same))).toEqual([[`file:${path}`, "already-so", "keep"]]);
  });

  it("gives people another number where theirs is taken, and adds groups that are missing", () => {
    const groups = [
      { name: "ann", gid: 1000 },
      { name: "adm", gid: 4 },
    ];
    const bob = { ...ann, name: "bob" };
    const plan = planMigration(sidesOf({ users: [ann], groups }, { users: [bob] }), asked(), nothing);
    expect(plan.items).toMatchObject([{ id: "user:ann", reason: expect.stringContaining("bob's") }]);
    expect(plan.groups).toEqual(groups);
    const there = planMigration(
      sidesOf({ users: [ann], groups }, { users: [{ ...ann, uid: 1001 }] }),
      asked(),
      nothing,
    );
    expect(there.items).toMatchObject([{ state: "already-so" }]);
  });

  it("starts what ran there and comes with it, after all files, and asks for it in one transaction", () => {
    const units = [
      { name: "app.service", state: "enabled" as const, active: true, package: null },
      { name: "nginx.service", state: "enabled" as const, active: true, package: "nginx" },
      { name: "other.service", state: "disabled" as const, active: false, package: "other" },
    ];
    const files = [
      file("/etc/apt/sources.list.d/x.list", "sources"),
      file("/etc/systemd/system/app.service", "units"),
    ];
    const sides = sidesOf({ units, files, packages: packaged(installed("nginx", "1", { hold: true })) });
    expect(sourcesToPut(sides, asked()).map(({ path }) => path)).toEqual(["/etc/apt/sources.list.d/x.list"]);
    const installs = [{ name: "nginx", architecture: "amd64", from: null, to: "1", kind: "new" as const }];
    const solved = { ...nothing, chosen: ["nginx=1"], simulation: { installs, removes: [] } };
    const plan = planMigration(sides, asked(), solved);
    expect([plan.runs, plan.ran]).toEqual([["app.service", "nginx.service"], []]);
    const { prepare, steps, goals } = draftMigration(plan, sides.contents);
    expect(prepare.map(([name]) => name)).toEqual(["stage_file", "fetch_migrated"]);
    expect(steps.map(([name, first]) => `${name} ${first ?? ""}`)).toEqual([
      "put_file /etc/apt/sources.list.d/x.list",
      "fetch_migrated lists",
      "install_migrated -y",
      "drop_fetched ",
      "mark_packages hold",
      "put_file /etc/systemd/system/app.service",
      "set_unit app.service",
      "set_unit nginx.service",
      "run_unit app.service",
      "run_unit nginx.service",
    ]);
    expect(goals.at(-1)).toEqual(["goal_stay_active", "app.service", "nginx.service"]);
    expect(planMigration(sides, asked({ start: false }), solved).runs).toEqual([]);
    expect(
      unknownChoices(sides, asked({ choices: { "unit:app.service": "keep", "unit:none": "keep" } })),
    ).toEqual(["unit:none"]);
  });
});

describe("a survey of a host", () => {
  it("is read, and what has no fitting form is left with its reason", () => {
    const records = [
      ["system", "architecture amd64\nid debian\ncodename bookworm\n"],
      [
        "packages",
        "aa\tamd64\t1\tinstall\tinstalled\nbb\tall\t2\thold\tinstalled\nc\tall\t2\tdeinstall\tconfig-files\n",
      ],
      ["manual", "aa\n"],
      ["conffiles", "package aa\n /etc/a 00000000000000000000000000000000"],
      ["sums", "11111111111111111111111111111111  /etc/a"],
      [
        "accounts",
        "root:x:0:0::/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\nweird:x:1001:1000::relative:/bin/sh\n",
      ],
      ["groups", "ann:x:1000:\nadm:x:4:syslog,ann\n"],
      ["shadow", "root:$y$root:1\nann:$y$hash:1\nweird:!:1\n"],
      ["units", "a.service enabled enabled\nb.timer static -\n"],
      ["active", "a.service loaded active running A\n"],
      ["owners", "/var/lib/dpkg/info/aa:amd64.list:/lib/systemd/system/a.service\n"],
      ["file crontabs f 644 root root 5 /etc/cron.d/own job", ""],
    ];
    const found = readState(`${records.flat().join("\0")}\0end mark1234\0`, "mark1234") as HostState;
    expect(found.users.map(({ name, groups }) => [name, groups])).toEqual([
      ["ann", ["adm"]],
      ["weird", []],
    ]);
    expect(found.units[0]).toEqual({ name: "a.service", state: "enabled", active: true, package: "aa" });
    expect(found.passwords).toEqual({ root: "$y$root", ann: "$y$hash" });
    const content = { kind: "file" as const, mode: "644", owner: "root", group: "root", bytes };
    const present = new Map<string, Content>([
      ["/etc/a", content],
      ["/etc/cron.d/own job", { kind: "other" as const }],
    ]);
    const { manifest, left } = collect(found, { id: "hst_1", name: "old" }, present, "2026-01-01T00:00:00Z");
    expect(manifest.packages.map(({ name, manual, hold }) => [name, manual, hold])).toEqual([
      ["aa", true, false],
      ["bb", false, true],
    ]);
    expect(manifest.files).toMatchObject([{ path: "/etc/a", part: "conffiles", package: "aa" }]);
    expect(manifest.passwords).toBe(null);
    expect(left.map(({ what }) => what)).toEqual(["/etc/cron.d/own job", "user weird"]);
    expect(readState("system\0", "mark1234")).toBeUndefined();
  });
});
