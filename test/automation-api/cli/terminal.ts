import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll } from "@jest/globals";
import type { Context } from "../../../automation-api/cli/context.ts";
import { run } from "../../../automation-api/cli/program.ts";
import { projectFolder } from "../../support/database.ts";

export interface Surroundings {
  env?: Record<string, string | undefined>;
  home?: string;
  /** What is piped into the command; absent: an empty pipe. */
  stdin?: string;
  /** A terminal, on which these keys are typed after each question. */
  keys?: string[];
  /** Standard output is a terminal. */
  isTerminal?: boolean;
}

export interface Call {
  code: number;
  stdout: string;
  stderr: string;
  /** The whole of stdout as JSON. */
  json<T = Record<string, unknown>>(): T;
  /** Each line of stdout as JSON. */
  jsonLines(): Record<string, unknown>[];
}

export interface Running {
  done: Promise<Call>;
  signal(name: "SIGINT" | "SIGTERM"): void;
  /** Resolves when the text has been printed on either output. */
  printed(text: string): Promise<void>;
}

/** Starts `roost` in this process, with all that it touches of the machine given. */
export function startRoost(args: string[], surroundings: Surroundings = {}): Running {
  const text = { stdout: "", stderr: "" };
  const emitter = new EventEmitter();
  const stdin = new PassThrough();
  const keys = [...(surroundings.keys ?? [])];
  if (!surroundings.keys) stdin.end(surroundings.stdin ?? "");
  const output = (name: "stdout" | "stderr", isTTY: boolean) => ({
    isTTY,
    columns: 80,
    rows: 24,
    write(piece: string) {
      text[name] += piece;
      emitter.emit("text");
      // A question ends with a colon; then the next keys are typed.
      if (name === "stderr" && piece.endsWith(": ") && keys.length > 0) stdin.write(keys.shift());
    },
  });
  const isTerminal = surroundings.isTerminal === true;
  const context: Context = {
    stdin: Object.assign(stdin, surroundings.keys && { isTTY: true, setRawMode() {} }),
    stdout: output("stdout", isTerminal),
    stderr: output("stderr", isTerminal),
    env: surroundings.env ?? {},
    home: surroundings.home ?? "/nonexistent",
    projectFolder,
    onSignal(signals, listener) {
      for (const signal of signals) emitter.on(signal, listener);
      return () => {
        for (const signal of signals) emitter.off(signal, listener);
      };
    },
  };
  const done = run(args, context).then((code) => ({
    code,
    ...text,
    json: <T>() => JSON.parse(text.stdout) as T,
    jsonLines: () =>
      text.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }));
  return {
    done,
    signal: (name) => void emitter.emit(name),
    printed: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (text.stdout.includes(wanted) || text.stderr.includes(wanted)) resolve();
        };
        emitter.on("text", look);
        look();
        void done.then((call) =>
          reject(new Error(`ended without printing ${wanted}:\n${call.stdout}\n${call.stderr}`)),
        );
      }),
  };
}

export function roost(args: string[], surroundings: Surroundings = {}): Promise<Call> {
  return startRoost(args, surroundings).done;
}

const folders: string[] = [];

/** An empty folder that goes with the test file that asked for it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "roost-cli-"));
  folders.push(folder);
  return folder;
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));
