// Which test belongs to which suite, and what came out of a run. Pure.

/**
 * @typedef {{name: string, folders: string[], minutes: number, workers?: number, servers?: string[]}} Suite
 *   minutes: its budget; servers: what toolchain/servers.mjs gets for it
 * @typedef {{passed: number, failed: number, skipped: number}} Counts
 */

/**
 * The tests of each suite. A test belongs to the suite with the longest folder that holds it (a file may stand for a folder).
 * @param {Suite[]} suites
 * @param {string[]} tests paths from the root
 * @returns {{bySuite: Map<Suite, string[]>, homeless: string[]}} homeless: tests of no suite
 */
export function assignTests(suites, tests) {
  /** @type {Map<Suite, string[]>} */
  const bySuite = new Map(suites.map((suite) => [suite, []]));
  const homeless = tests.filter((test) => {
    const suite = suiteOf(suites, test);
    if (suite) bySuite.get(suite)?.push(test);
    return !suite;
  });
  return { bySuite, homeless };
}

/** @param {Suite[]} suites @param {string} test */
function suiteOf(suites, test) {
  const fits = suites.flatMap((suite) =>
    suite.folders
      .filter((folder) => test === folder || test.startsWith(`${folder}/`))
      .map((folder) => ({ suite, folder })),
  );
  return fits.sort((a, b) => b.folder.length - a.folder.length)[0]?.suite;
}

/**
 * What is to be run for the arguments of `npm test -- …`: names of suites, or paths of tests and folders.
 * @param {Map<Suite, string[]>} bySuite
 * @param {string[]} wanted empty for everything
 * @returns {{chosen: [Suite, string[]][], unknown: string[]}}
 */
export function chooseTests(bySuite, wanted) {
  const all = [...bySuite];
  const fits = (/** @type {string} */ word, /** @type {Suite} */ suite, /** @type {string} */ test) =>
    word === suite.name || test === word || test.startsWith(`${word.replace(/\/$/, "")}/`);
  const unknown = wanted.filter(
    (word) =>
      !all.some(([suite, tests]) => word === suite.name || tests.some((test) => fits(word, suite, test))),
  );
  const chosen = all.map(
    ([suite, tests]) =>
      /** @type {[Suite, string[]]} */ ([
        suite,
        tests.filter((test) => wanted.length === 0 || wanted.some((word) => fits(word, suite, test))),
      ]),
  );
  return { chosen: chosen.filter(([, tests]) => tests.length > 0), unknown };
}

/**
 * What jest writes of a run, as far as it is used here.
 * @typedef {{numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, numRuntimeErrorTestSuites: number}} Numbers
 * @typedef {{name: string, status: string, assertionResults: {fullName: string, status: string}[]}} FileResult name: path
 * @typedef {Numbers & {testResults: FileResult[]}} Report
 */

/** At most so many failed files are run again: more of them are no chance. */
const SECOND_RUNS = 3;

/**
 * The files to be run a second time, alone: those that failed, unless they are too many for chance.
 * @param {Report | undefined} report @returns {string[]} paths
 */
export function filesToRunAgain(report) {
  const failed = (report?.testResults ?? []).filter(({ status }) => status === "failed");
  return failed.length <= SECOND_RUNS ? failed.map(({ name }) => name) : [];
}

/**
 * The report of a suite whose failed files ran a second time: their second results in the place of the first.
 * @param {Report} first @param {Report} second
 * @returns {{report: Report, unsteady: string[]}} unsteady: what failed first and passed then, "path: test" each
 */
export function afterSecondRun(first, second) {
  const again = new Set(second.testResults.map(({ name }) => name));
  const kept = first.testResults.filter(({ name }) => !again.has(name));
  const replaced = first.testResults.filter(({ name }) => again.has(name));
  const count = (/** @type {FileResult[]} */ files, /** @type {string} */ status) =>
    files.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length;
  const report = {
    ...second,
    testResults: [...kept, ...second.testResults],
    numPassedTests: first.numPassedTests - count(replaced, "passed") + second.numPassedTests,
    numPendingTests: first.numPendingTests - count(replaced, "pending") + second.numPendingTests,
    numTodoTests: first.numTodoTests - count(replaced, "todo") + second.numTodoTests,
  };
  const sound = new Set(
    second.testResults.flatMap(({ name, status }) => (status === "failed" ? [] : [name])),
  );
  return {
    report,
    unsteady: failuresOf({ ...first, testResults: replaced.filter(({ name }) => sound.has(name)) }),
  };
}

/** What failed, "path: test" each; the path alone where the file could not be run. @param {Report | undefined} report */
export function failuresOf(report) {
  return (report?.testResults ?? [])
    .filter(({ status }) => status === "failed")
    .flatMap(({ name, assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status === "failed");
      return failed.length > 0 ? failed.map(({ fullName }) => `${name}: ${fullName}`) : [name];
    });
}

/**
 * The counts of a finished suite. A suite that ran nothing shows nothing, so it counts as failed, unless every
 * test was skipped for a reason that was given.
 * @param {Numbers | undefined} report
 *   jest's JSON; nothing when it wrote none
 * @param {{exitCode: number, reasons: string[]}} run
 * @returns {Counts}
 */
export function countsOf(report, { exitCode, reasons }) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const passed = report.numPassedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const ranNothing = passed + failed === 0 && reasons.length === 0;
  return { passed, skipped, failed: failed === 0 && (exitCode !== 0 || ranNothing) ? 1 : failed };
}

/** The last line of a run. @param {Counts} counts */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
