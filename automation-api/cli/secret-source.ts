import { readFile } from "node:fs/promises";
import { RoostError } from "../errors.ts";
import type { Context } from "./context.ts";
import { askSecret, readPiped } from "./prompt.ts";

/** Where a secret comes from. Never an argument: every user of a machine can read those. */
export type SecretSource =
  | { kind: "ask" }
  | { kind: "stdin" }
  | { kind: "env"; name: string }
  | { kind: "file"; path: string };

export const secretSourceHelp = "env:NAME, file:PATH, or - for standard input";

/**
 * Reads `env:NAME`, `file:PATH` or `-`.
 * @param field what is asked for, in the error; the text itself may be the secret and is not repeated.
 */
export function parseSecretSource(text: string, field: string): SecretSource {
  const [, kind, rest] = /^(env|file):(.+)$/s.exec(text) ?? [];
  if (text === "-") return { kind: "stdin" };
  if (kind === "env" && rest && /^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) return { kind, name: rest };
  if (kind === "file" && rest) return { kind, path: rest };
  throw new RoostError(
    "invalid",
    `${field}: give ${secretSourceHelp}. A secret in a command line can be read by every user of this machine.`,
  );
}

/** Reads secrets from their sources; standard input can be read once. */
export class SecretReader {
  readonly #context: Context;
  #stdinTaken: string | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * @param question what a person is asked, such as `Value of apiKey`.
   * @throws invalid when the source is not there, or holds nothing.
   */
  async read(source: SecretSource, question: string): Promise<string> {
    const value = await this.#take(source, question);
    if (value === "") throw new RoostError("invalid", `${question}: nothing was given.`);
    return value;
  }

  async #take(source: SecretSource, question: string): Promise<string> {
    switch (source.kind) {
      case "env": {
        const value = this.#context.env[source.name];
        if (value === undefined) {
          throw new RoostError("invalid", `${question}: the environment variable ${source.name} is not set.`);
        }
        return value;
      }
      case "file":
        return (
          // A shell leaves the `~` of `file:~/…` as it is.
          (
            await readFile(
              source.path.replace(/^~(?=\/)/, () => this.#context.home),
              "utf8",
            ).catch((cause: NodeJS.ErrnoException) => {
              throw new RoostError("invalid", `${question}: ${source.path} cannot be read (${cause.code}).`, {
                cause,
              });
            })
          ).replace(/\r?\n$/, "")
        );
      case "stdin":
        return this.#piped(question);
      case "ask":
        return this.#context.stdin.isTTY ? askSecret(question, this.#context) : this.#piped(question);
    }
  }

  #piped(question: string): Promise<string> {
    if (this.#stdinTaken !== undefined) {
      throw new RoostError(
        "invalid",
        `${question}: standard input was taken for “${this.#stdinTaken}” already; give ${secretSourceHelp.split(", or")[0]}.`,
      );
    }
    this.#stdinTaken = question;
    return readPiped(this.#context);
  }
}
