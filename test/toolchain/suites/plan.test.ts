import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ROOT } from "../../../toolchain/found.mjs";
import {
  afterSecondRun,
  assignTests,
  chooseTests,
  closingLine,
  countsOf,
  failuresOf,
  filesToRunAgain,
} from "../../../toolchain/suites/plan.mjs";

const suites = [
  { name: "all", folders: ["test/api"], minutes: 1 },
  { name: "hosts", folders: ["test/api/hosts", "test/one.test.ts"], minutes: 1 },
];
const tests = ["test/api/a.test.ts", "test/api/hosts/b.test.ts", "test/one.test.ts", "test/two.test.ts"];

describe("suites", () => {
  it("take the tests of their folders, the nearest folder first, and no test is lost", () => {
    const { bySuite, homeless } = assignTests(suites, tests);
    expect([...bySuite.values()]).toEqual([
      ["test/api/a.test.ts"],
      ["test/api/hosts/b.test.ts", "test/one.test.ts"],
    ]);
    expect(homeless).toEqual(["test/two.test.ts"]);
  });

  it.each([
    ["nothing: all", [], ["test/api/a.test.ts", "test/api/hosts/b.test.ts", "test/one.test.ts"], []],
    ["a suite", ["hosts"], ["test/api/hosts/b.test.ts", "test/one.test.ts"], []],
    ["a test", ["test/one.test.ts"], ["test/one.test.ts"], []],
    ["a folder across suites", ["test/api/"], ["test/api/a.test.ts", "test/api/hosts/b.test.ts"], []],
    ["a name that is none", ["hots"], [], ["hots"]],
  ])("are chosen by %s", (_, wanted, expected, unknown) => {
    const choice = chooseTests(assignTests(suites, tests).bySuite, wanted);
    expect(choice.chosen.flatMap(([, files]) => files)).toEqual(expected);
    expect(choice.unknown).toEqual(unknown);
  });

  it("together fit into the hour that CI gives, with packages, engine and checks before them", () => {
    const own: typeof suites = JSON.parse(readFileSync(join(ROOT, "toolchain/suites.json"), "utf8")).suites;
    expect(own.reduce((sum, { minutes }) => sum + minutes, 0)).toBeLessThanOrEqual(67);
  });
});

describe("what came out", () => {
  const report = {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
  };
  it.each([
    ["all passed", { ...report, numPassedTests: 3 }, 0, [], { passed: 3, failed: 0, skipped: 0 }],
    [
      "some failed",
      { ...report, numPassedTests: 3, numFailedTests: 2 },
      1,
      [],
      { passed: 3, failed: 2, skipped: 0 },
    ],
    [
      "a file could not be loaded",
      { ...report, numPassedTests: 3, numRuntimeErrorTestSuites: 1 },
      1,
      [],
      { passed: 3, failed: 1, skipped: 0 },
    ],
    [
      "jest ended badly with all passed",
      { ...report, numPassedTests: 3 },
      1,
      [],
      { passed: 3, failed: 1, skipped: 0 },
    ],
    ["no report was written", undefined, 1, [], { passed: 0, failed: 1, skipped: 0 }],
    ["nothing ran", report, 0, [], { passed: 0, failed: 1, skipped: 0 }],
    [
      "everything skipped without a reason",
      { ...report, numPendingTests: 2 },
      0,
      [],
      { passed: 0, failed: 1, skipped: 2 },
    ],
    [
      "everything skipped for a reason",
      { ...report, numPendingTests: 2 },
      0,
      ["sshd"],
      { passed: 0, failed: 0, skipped: 2 },
    ],
  ])("%s", (_, json, exitCode, reasons, expected) => {
    expect(countsOf(json, { exitCode, reasons })).toEqual(expected);
  });

  it("ends with the line that CI reads", () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe("12 passed, 0 failed");
    expect(closingLine({ passed: 12, failed: 1, skipped: 3 })).toBe("12 passed, 1 failed, 3 skipped");
  });
});

/** A report of files, each with the states of its tests; "broken" is a file that could not be run. */
function reportOf(files: Record<string, string[] | "broken">) {
  const states = Object.values(files).flatMap((tests) => (tests === "broken" ? [] : tests));
  const count = (state: string) => states.filter((each) => each === state).length;
  return {
    numPassedTests: count("passed"),
    numFailedTests: count("failed"),
    numPendingTests: count("pending"),
    numTodoTests: count("todo"),
    numRuntimeErrorTestSuites: Object.values(files).filter((tests) => tests === "broken").length,
    testResults: Object.entries(files).map(([name, tests]) => ({
      name,
      status: tests === "broken" || tests.includes("failed") ? "failed" : "passed",
      assertionResults:
        tests === "broken" ? [] : tests.map((status, nth) => ({ fullName: `test ${nth}`, status })),
    })),
  };
}

describe("a second run of what failed", () => {
  const first = reportOf({ a: ["passed", "pending"], b: ["passed", "failed", "pending"], c: "broken" });

  it("takes the files that failed, and none where too many did", () => {
    expect(filesToRunAgain(first)).toEqual(["b", "c"]);
    const many = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, ["failed"]]));
    expect(filesToRunAgain(reportOf(many))).toEqual([]);
    expect(filesToRunAgain(undefined)).toEqual([]);
  });

  it("stands for the first, and what passed in it alone is named", () => {
    const second = reportOf({ b: ["passed", "passed", "pending"], c: ["passed"] });
    const { report, unsteady } = afterSecondRun(first, second);
    expect(countsOf(report, { exitCode: 0, reasons: [] })).toEqual({ passed: 4, failed: 0, skipped: 2 });
    expect(unsteady).toEqual(["b: test 1", "c"]);
    expect(failuresOf(report)).toEqual([]);
  });

  it("hides nothing that fails twice, nor a file of which another test fails then", () => {
    const second = reportOf({ b: ["failed", "passed", "pending"], c: "broken" });
    const { report, unsteady } = afterSecondRun(first, second);
    expect(countsOf(report, { exitCode: 1, reasons: [] })).toEqual({ passed: 2, failed: 2, skipped: 2 });
    expect(unsteady).toEqual([]);
    expect(failuresOf(report)).toEqual(["b: test 0", "c"]);
  });
});
