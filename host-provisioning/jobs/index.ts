import { readFileSync } from "node:fs";
import { quote } from "../undo/index.ts";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const attach = read("attach.sh");
const run = read("run.sh");

/**
 * A script that runs another one as a job of the host's own, follows it, and ends as it ends: for the standard input
 * of `sh -s VERB WORD...`. Asked for again under the same name it follows the same job, whether that still runs or has
 * ended. What the job's steps say comes on standard error while it runs, at most 64 KiB of it.
 * @param name letters, digits and underscores, 1 to 64.
 * @param script that knows `rollback replace`, which a cancelled job ends with.
 */
export function jobScript(name: string, script: string): string {
  if (!/^[A-Za-z0-9_]{1,64}$/.test(name))
    throw new Error("A job's name is 1 to 64 letters, digits or underscores.");
  const assignments = [`job=${quote(name)}`, `script=${quote(script)}`, `runner=${quote(run)}`];
  // Nothing runs before the last line has come: a script that is cut off on its way does nothing.
  return ["set -eu", ...assignments, attach, 'main "$@" </dev/null\n'].join("\n");
}
