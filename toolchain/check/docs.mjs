// Documentation that names things must name things that exist.

/** @typedef {import("./lints.mjs").Fault} Fault */

const MOST_LINES = { "docs/ARCHITECTURE.md": 200 };

/**
 * The faults of one Markdown file: links and file names in `code` that lead nowhere, `npm run` scripts that
 * do not exist, a file that became too long.
 * @param {{path: string, text: string}} file path from the root of the clone
 * @param {{exists: (path: string) => boolean, scripts: string[]}} project
 * @returns {Fault[]}
 */
export function checkDocument({ path, text }, { exists, scripts }) {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
  const faults = text.split("\n").flatMap((line, at) => {
    const fault = (/** @type {string} */ message) => ({ path, line: at + 1, rule: "docs", message });
    return [
      ...links(line)
        .filter((link) => !exists(resolveLink(folder, link)))
        .map((link) => fault(`the link ${link} leads nowhere`)),
      ...namedFiles(line)
        .filter((file) => !exists(file))
        .map((file) => fault(`there is no ${file}`)),
      ...namedScripts(line)
        .filter((script) => !scripts.includes(script))
        .map((script) => fault(`there is no script "${script}" in package.json`)),
    ];
  });
  const most = /** @type {Record<string, number>} */ (MOST_LINES)[path];
  const length = text.split("\n").length - 1;
  if (most && length > most)
    faults.push({ path, line: most + 1, rule: "docs", message: `more than ${most} lines` });
  return faults;
}

/** @param {string} line @returns {string[]} relative link targets without their #part */
function links(line) {
  return [...line.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map((match) => match[1] ?? "")
    .filter((link) => !/^[a-z]+:|^\//.test(link));
}

/** @param {string} line @returns {string[]} files of ours named in `code`; NAME in one stands for any name */
function namedFiles(line) {
  const ours =
    /`((?:components|stacks|automation-api|host-provisioning|policies|plugins|toolchain|test|bench|docs)\/[\w./-]+\.(?:ts|mjs|sh|md|json))`/g;
  return [...line.matchAll(ours)].map((match) => match[1] ?? "").filter((file) => !/\bNAME\b/.test(file));
}

/** @param {string} line @returns {string[]} */
function namedScripts(line) {
  return [...line.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1] ?? "");
}

/** @param {string} folder @param {string} link */
function resolveLink(folder, link) {
  return new URL(link, `file:///${folder}`).pathname.slice(1);
}
