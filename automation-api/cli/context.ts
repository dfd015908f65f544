import { homedir } from "node:os";
import { fileURLToPath } from "node:url";

/** Where text goes. A terminal has `isTTY` and a width. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** Where text comes from: a terminal, a pipe or a file. */
export interface Input extends AsyncIterable<Buffer | string> {
  isTTY?: boolean;
  /** Of a terminal: whether typed characters are handed on one by one and not shown. */
  setRawMode?(raw: boolean): unknown;
  pause?(): unknown;
  /** Gives back what was read too far. */
  unshift?(text: string): unknown;
  /** A way of reading that may end without closing the input. */
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<Buffer | string>;
}

/** What a command touches of the machine, so that a test can give it another one. */
export interface Context {
  stdin: Input;
  stdout: Output;
  stderr: Output;
  env: Record<string, string | undefined>;
  home: string;
  /** The clone: `.roost` below it is the default data folder. */
  projectFolder: string;
  /** Calls `listener` for each of the signals; returns the function that gives them their usual meaning back. */
  onSignal(signals: NodeJS.Signals[], listener: () => void): () => void;
}

export function processContext(): Context {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    home: homedir(),
    projectFolder: fileURLToPath(new URL("../..", import.meta.url)),
    onSignal(signals, listener) {
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
  };
}
