import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * The files of the project: those that git knows or would add.
 * @param {string} root the clone
 * @returns {{path: string, read: () => string}[]} path from the root, with "/"
 */
export function projectFiles(root) {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const text = execFileSync("git", list, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  return text
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(root, path)) && statSync(join(root, path)).isFile())
    .map((path) => ({ path, read: () => readFileSync(join(root, path), "utf8") }));
}
