import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { chooseEngine, engineCandidates, newEnough } from "../../../toolchain/bootstrap/engine-search.mjs";

describe("a version is new enough", () => {
  it.each([
    ["3.259.0", true],
    ["v3.259.1", true],
    ["3.260.0-alpha.1", true],
    ["3.258.9", false],
    ["4.0.0", false],
    ["2.999.0", false],
    ["none", false],
  ])("%s for 3.259.0: %s", (version, expected) => {
    expect(newEnough(version, "3.259.0")).toBe(expected);
  });
});

describe("the order of looking", () => {
  let base = "";
  const versions = new Map<string, string>();
  const place = (path: string, version: string) => {
    const full = join(base, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, "");
    chmodSync(full, 0o755);
    versions.set(full, version);
    return full;
  };
  const choose = (env: Record<string, string> = {}) => {
    const made = [join(base, "cache/engine/3.259.0-official"), join(base, "cache/engine/3.259.0-key")];
    const path = [join(base, "usr/bin"), join(base, "project/node_modules/.bin")].join(":");
    const candidates = engineCandidates({ env: { PATH: path, ...env }, home: join(base, "home"), made });
    const readVersion = (file: string) => {
      const version = versions.get(file);
      if (!version) throw new Error("no program");
      return version;
    };
    return chooseEngine(candidates, { wanted: "3.259.0", readVersion });
  };
  beforeEach(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), "roost-engine-")));
    versions.clear();
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it("explicit path, then PATH, then ~/.pulumi, then what an earlier start made", () => {
    const order = [
      ["explicit/pulumi", "ROOST_ENGINE"],
      ["usr/bin/pulumi", "on PATH"],
      ["home/.pulumi/bin/pulumi", `in ${join(base, "home/.pulumi")}`],
      ["home/.pulumi/versions/3.261.0/bin/pulumi", `in ${join(base, "home/.pulumi")}`],
      ["home/.pulumi/versions/3.260.0/bin/pulumi", `in ${join(base, "home/.pulumi")}`],
      ["cache/engine/3.259.0-official/bin/pulumi", "by the official installer"],
      ["cache/engine/3.259.0-key/bin/pulumi", "built from the pinned Go module"],
    ] as const;
    for (const [path] of order) place(path, "v3.261.0");
    for (const [path, how] of order) {
      const env: Record<string, string> = path.startsWith("explicit")
        ? { ROOST_ENGINE: join(base, path) }
        : {};
      expect(choose(env)).toEqual({ found: true, path: join(base, path), version: "3.261.0", how });
      rmSync(join(base, path));
    }
    expect(choose()).toMatchObject({ found: false });
  });

  it("passes over a CLI that is too old, and says so when nothing else is there", () => {
    const old = place("usr/bin/pulumi", "v3.200.0");
    expect(choose()).toMatchObject({
      found: false,
      reason: `${old} is 3.200.0; 3.259.0 or newer of the same major version is needed`,
    });
    const good = place("cache/engine/3.259.0-key/bin/pulumi", "v3.259.0");
    expect(choose()).toMatchObject({ found: true, path: good });
  });

  it("looks nowhere else when an explicit path is wrong", () => {
    place("usr/bin/pulumi", "v3.259.0");
    const wrong = join(base, "nowhere");
    expect(choose({ ROOST_ENGINE: wrong })).toMatchObject({
      found: false,
      reason: `ROOST_ENGINE names ${wrong}, which is not an executable file`,
    });
  });

  it("does not take a package's program from node_modules/.bin", () => {
    place("project/node_modules/.bin/pulumi", "v3.259.0");
    expect(choose()).toMatchObject({ found: false });
  });

  it("passes over a file that is no working CLI", () => {
    const broken = join(base, "usr/bin/pulumi");
    mkdirSync(dirname(broken), { recursive: true });
    writeFileSync(broken, "");
    chmodSync(broken, 0o755);
    const good = place("home/.pulumi/bin/pulumi", "v3.259.0");
    expect(choose()).toMatchObject({ found: true, path: good });
  });
});
