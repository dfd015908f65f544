import { CommanderError } from "commander";
import { RoostError } from "../errors.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";

const ctrlC = "\u0003";
const ctrlD = "\u0004";
const backspaces = ["\u0008", "\u007f"];

/**
 * Asks on the terminal for something that is not shown while it is typed. The
 * question goes to stderr, so that stdout stays the command's own.
 */
export async function askSecret(
  question: string,
  { stdin, stderr }: Pick<Context, "stdin" | "stderr">,
): Promise<string> {
  if (!stdin.isTTY || !stdin.setRawMode) {
    throw new RoostError("invalid", `${question}: there is no terminal to ask on.`);
  }
  stderr.write(`${question}: `);
  stdin.setRawMode(true);
  let typed = "";
  try {
    // The next question needs the same terminal.
    for await (const chunk of stdin.iterator?.({ destroyOnReturn: false }) ?? stdin) {
      const keys = [...String(chunk)];
      for (const [at, key] of keys.entries()) {
        if (key === ctrlC) throw new CommanderError(exitCodes.interrupted, "interrupted", "Interrupted.");
        if (key === "\r" || key === "\n" || key === ctrlD) {
          // Several answers may be pasted at once.
          stdin.unshift?.(keys.slice(at + 1).join(""));
          return typed;
        }
        typed = backspaces.includes(key) ? typed.slice(0, -1) : typed + key;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause?.();
    stderr.write("\n");
  }
}

/** All of stdin, when it is a pipe or a file, without the line end that editors and echo add. */
export async function readPiped({ stdin }: Pick<Context, "stdin">): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
