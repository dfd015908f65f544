// Rules of this project that no linter knows, as data: where they hold, what they forbid, and why.

/** @typedef {{path: string, line: number, rule: string, message: string}} Fault */

/**
 * @typedef {object} LintRule
 * @property {string} name
 * @property {string} message
 * @property {RegExp} in files it holds for
 * @property {RegExp[]} except files it does not hold for
 * @property {RegExp} [forbids] text that no line may hold
 * @property {number} [lines] the most lines a file may have
 */

const CODE = /\.(ts|tsx|mjs|js)$/;

/** The one reader of settings, programs that get an environment made for them, and what filters one for a child. */
const ENVIRONMENT_READERS = [
  /^automation-api\/config\.ts$/,
  /^automation-api\/cli\/context\.ts$/,
  /^automation-api\/engine\/(launcher|runner|runner-handle|workspace|placement)\.ts$/,
  /^automation-api\/programs\/dependencies\.ts$/,
  /^plugins\/(.*\/)?(main|launcher|supervisor|guardian|install)\.ts$/,
  /^plugins\/process\/(environment|launch)\.ts$/,
  /^plugins\/policy-launcher\/pack\.ts$/,
  /^automation-api\/engine\/engine-process\.ts$/,
  /^plugins\/roost\/(data-folder|service\/user|session\/firewall\/nft)\.ts$/,
  /^plugins\/command\/connection-inputs\.ts$/,
  /^plugins\/language-nodejs\/(program-environment|run-plugin)\.ts$/,
  /^stacks\/[^/]+\/server\.mjs$/,
  /^(toolchain|bench|test)\//,
  /^[^/]+$/,
];

/** @type {LintRule[]} */
export const RULES = [
  {
    name: "no-secrets-in-argv",
    message:
      "setConfig passes values, secrets too, in the command line; write the stack's file or use the backend",
    in: CODE,
    except: [/^toolchain\/check\//, /^test\/toolchain\//, /^automation-api\/console\//],
    forbids: /\.set(All)?Config(WithOptions|Json)?\s*\(/,
  },
  {
    name: "environment-in-config",
    message: "the environment is read in automation-api/config.ts and passed on from there",
    in: CODE,
    except: ENVIRONMENT_READERS,
    forbids: /\bprocess\.env\b|\benv\b[^}]*\}\s*from "node:process"/,
  },
  {
    name: "short-files",
    message: "more than 400 lines; cut it where it changes subject",
    in: /\.(ts|tsx|mjs|js|sh)$/,
    except: [/(^|\/)fixtures\//, /\.test\.ts$/],
    lines: 400,
  },
  {
    name: "short-tests",
    message: "more than 500 lines; cut it where it changes subject",
    in: /\.test\.ts$/,
    except: [],
    lines: 500,
  },
];

/**
 * The faults of one file.
 * @param {{path: string, text: string}} file path from the root of the clone, with "/"
 * @param {LintRule[]} [rules]
 * @returns {Fault[]}
 */
export function lintFile({ path, text }, rules = RULES) {
  const lines = text.split("\n");
  return rules
    .filter((rule) => rule.in.test(path) && !rule.except.some((pattern) => pattern.test(path)))
    .flatMap(({ name, message, forbids, lines: most }) => [
      ...(forbids
        ? lines.flatMap((line, at) =>
            forbids.test(line) && !isComment(line) ? [{ path, line: at + 1, rule: name, message }] : [],
          )
        : []),
      ...(most && lines.length - 1 > most ? [{ path, line: most + 1, rule: name, message }] : []),
    ]);
}

/** @param {string} line */
function isComment(line) {
  return /^\s*(\/\/|\*|\/\*)/.test(line);
}
