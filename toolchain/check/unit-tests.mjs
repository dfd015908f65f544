// Which tests are unit tests: those whose imports, followed to the end, reach no vendor SDK, no network and
// no other process. Found from the imports, so nobody has to mark a file.

import { dirname, join } from "node:path/posix";

const PURE_PACKAGES = /^(@jest\/globals|fast-check|zod|zod-openapi|kysely|commander|jose)(\/|$)/;
const IMPURE_NODE =
  /^(node:)?(child_process|cluster|dgram|http|http2|https|inspector|net|tls|worker_threads)$/;

/** @typedef {(path: string) => string | undefined} ReadSource the text of a file, or nothing when there is none */

/**
 * @param {string} path a test, from the root of the clone
 * @param {ReadSource} read
 * @returns {boolean}
 */
export function isUnitTest(path, read) {
  const seen = new Set([path]);
  const open = [path];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const text = read(at);
    if (text === undefined) return false;
    for (const name of importsOf(text)) {
      if (!name.startsWith(".")) {
        if (!isPure(name)) return false;
        continue;
      }
      const target = join(dirname(at), name);
      if (seen.has(target) || /\.(json|sh|sql|md)$/.test(target)) continue;
      seen.add(target);
      open.push(target);
    }
  }
  return true;
}

/** @param {string} name */
function isPure(name) {
  return name.startsWith("node:") ? !IMPURE_NODE.test(name) : PURE_PACKAGES.test(name);
}

/**
 * The modules that a source loads when it runs; imports of types only are not loaded.
 * @param {string} text
 * @returns {string[]}
 */
export function importsOf(text) {
  const statements = text.matchAll(
    /^\s*(?:import|export)\s+(?!type\b)(?:[^"';]*?\bfrom\s*)?["']([^"']+)["']/gm,
  );
  const calls = text.matchAll(/\bimport\(\s*["']([^"']+)["']/g);
  return [...statements, ...calls].map((match) => match[1] ?? "");
}
