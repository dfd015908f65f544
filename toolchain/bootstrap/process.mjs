import { spawn } from "node:child_process";
import process from "node:process";

const TAIL_LINES = 20;

/**
 * Runs a program without input and keeps the end of what it says.
 * A program that cannot be started ends with code 127 and the reason as its only line.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, limitMs?: number, onLine?: (line: string) => void}} [options]
 *   limitMs: time after which it is ended; onLine: told each line of output and errors
 * @returns {Promise<{code: number, tail: string[]}>} code 124 when the limit ended it
 */
export function run(command, args, { cwd, env = process.env, limitMs, onLine } = {}) {
  return new Promise((done) => {
    /** @type {string[]} */
    const tail = [];
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const hear = lineSplitter((line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine?.(line);
    });
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    let late = false;
    const limit =
      limitMs &&
      setTimeout(() => {
        late = true;
        tail.push(`ended after ${Math.round(limitMs / 1000)} s`);
        child.kill("SIGTERM");
      }, limitMs);
    const end = (/** @type {number} */ code) => {
      if (limit) clearTimeout(limit);
      done({ code: late ? 124 : code, tail });
    };
    child.on("error", (error) => {
      tail.push(error.message);
      end(127);
    });
    child.on("close", (code) => end(code ?? 1));
  });
}

/**
 * @param {(line: string) => void} onLine
 * @returns {(chunk: Buffer) => void}
 */
function lineSplitter(onLine) {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") onLine(line.trimEnd());
  };
}
