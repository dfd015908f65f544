import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  programPath,
  REQUIREMENTS,
  type Requirement,
  reasonToSkip,
} from "../../../toolchain/suites/possible.mjs";

describe("a suite that needs what is not here", () => {
  const before = { ...process.env };
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "roost-possible-"));
    delete process.env.CI;
    process.env.ROOST_ENGINE = join(folder, "nowhere");
    process.env.SUITE_SKIPS_FILE = join(folder, "skips");
  });
  afterEach(() => {
    process.env = { ...before };
    rmSync(folder, { recursive: true, force: true });
  });

  it("is skipped with the reason, which is also written down for the report", () => {
    const reason = `ROOST_ENGINE names ${join(folder, "nowhere")}, which is not an executable file`;
    expect(reasonToSkip("engine")).toBe(reason);
    expect(readFileSync(join(folder, "skips"), "utf8")).toBe(`engine: ${reason}\n`);
  });

  it("is a failure in CI", () => {
    process.env.CI = "true";
    expect(() => reasonToSkip("engine")).toThrow('CI must have "engine"');
  });

  it("runs when everything is here", () => {
    expect(reasonToSkip("postgres")).toBeUndefined();
  });
});

describe("what a suite can need", () => {
  it("is either brought by the toolchain, or by a package, or given", () => {
    const requirements: Record<string, Requirement> = REQUIREMENTS;
    const unexplained = Object.entries(requirements).filter(
      ([name, { aptPackage, given, got }]) =>
        !aptPackage && !given && !got && !["engine", "postgres"].includes(name),
    );
    expect(unexplained).toEqual([]);
  });

  it("is looked for on PATH", () => {
    expect(programPath("sh")).toMatch(/\/sh$/);
    expect(programPath("no-such-program")).toBeUndefined();
  });
});
